// Command bench measures ossd through its public APIs, and beside it, in the same
// run and with the same load generator, nginx serving the same bytes as files, a
// bare net/http handler, crypto/md5 and the disk. It speaks OSS, STS and RAM like
// any client and knows nothing of the server's inside; program fill, which it
// starts for what the API cannot do in a reasonable time, does.
//
// Servers are processes of their own, so that their CPU time can be told
// from the load generator's. Kinds of load that are compared take turns, round
// after round, and medians of the rounds are printed. All traffic stays on
// loopback and is bounded in connections, bytes and time.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"ossd/engine/blob/s3/s3test"
)

// options are the flags.
type options struct {
	server, against, fill, nginx, goTool string
	only, report                         string
	quick                                bool
	objects                              int
	keys                                 int
	bytes                                int64
	parts                                int
	connections                          int
	duration                             time.Duration
	rounds                               int
	growth, growthSize                   int
	growthTime                           time.Duration
	store                                string
	rows                                 int
}

// section is a group of measurements that can be asked for by name.
type section struct {
	name    string
	measure func(context.Context, options, *report) error
}

var sections = []section{
	{"startup", startup}, {"small", small}, {"sizes", sizes}, {"durable", durablePuts}, {"sts", sts}, {"listings", listings},
	{"large", large}, {"parts", parts}, {"growth", growth}, {"micro", micro},
}

// unasked are measured only if they are named, since they need more than this program brings.
var unasked = []section{{"cluster", clusters}}

func main() {
	log.SetFlags(0)
	log.SetPrefix("bench: ")
	if len(os.Args) > 1 && os.Args[1] == "bare" {
		bare() // the other process
		return
	}
	o, err := parse(os.Args[1:])
	if err != nil {
		log.Fatal(err)
	}
	// An interrupt must still end the servers and remove what they stored.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err() // what broke off was broken off
		}
		log.Fatal(err)
	}
}

// quick is what -quick sets; a flag that is given as well wins.
var quick = map[string]string{
	"objects": "2000", "keys": "100000", "bytes": "268435456", "parts": "1000",
	"duration": "200ms", "rounds": "3", "growth": "20000", "growth-time": "1m",
}

func parse(args []string) (o options, err error) {
	f := flag.NewFlagSet("bench", flag.ExitOnError)
	f.StringVar(&o.server, "server", "bin/ossd", "the program to measure")
	f.StringVar(&o.against, "against", "", "another build of the program, to be measured beside it with small objects")
	f.StringVar(&o.fill, "fill", "build/fill", "the program that fills a bucket: bench/fill")
	f.StringVar(&o.nginx, "nginx", "build/nginx/usr/sbin/nginx", "nginx, where none is in the PATH")
	f.StringVar(&o.goTool, "go", "go", "the go command, for the benchmarks of packages")
	f.StringVar(&o.only, "only", "", "sections, as small,parts; default: all of "+names(sections)+"; also "+names(unasked))
	f.StringVar(&o.report, "report", "", "file to write the tables into as Markdown, between the lines that mark the place")
	f.BoolVar(&o.quick, "quick", false, "less of everything: about two minutes")
	f.IntVar(&o.objects, "objects", 10_000, "objects of 4 KiB")
	f.IntVar(&o.keys, "keys", 1_000_000, "keys to list, at least 20000")
	f.Int64Var(&o.bytes, "bytes", 1<<30, "bytes of a large object; also, what one measurement may write at most")
	f.IntVar(&o.parts, "parts", 10_000, "parts of an upload, of 100 KiB each")
	f.IntVar(&o.connections, "connections", 32, "connections at once, in sections that do not vary them")
	f.DurationVar(&o.duration, "duration", 2*time.Second, "time of one measurement")
	f.IntVar(&o.rounds, "rounds", 5, "measurements of each kind; the median counts")
	f.IntVar(&o.growth, "growth", 1_000_000, "objects that a store grows to")
	f.IntVar(&o.growthSize, "growth-size", 1024, "bytes of each of them")
	f.DurationVar(&o.growthTime, "growth-time", 10*time.Minute, "time after which a store grows no further")
	f.StringVar(&o.store, "store", "build/versitygw-"+s3test.Version, "the S3 store of a cluster")
	f.IntVar(&o.rows, "rows", 1_000_000, "objects whose rows are weighed in a cluster")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if o.quick {
		given := map[string]bool{}
		f.Visit(func(g *flag.Flag) { given[g.Name] = true })
		for name, value := range quick {
			if !given[name] {
				if err := f.Set(name, value); err != nil {
					return o, err
				}
			}
		}
	}
	return o, o.check()
}

// check refuses what would measure nothing.
func (o *options) check() error {
	for name := range strings.SplitSeq(o.only, ",") {
		if name != "" && !slices.ContainsFunc(slices.Concat(sections, unasked), func(s section) bool { return s.name == name }) {
			return fmt.Errorf("-only %s: there are %s", name, names(slices.Concat(sections, unasked)))
		}
	}
	if o.objects < 1 || o.keys < 20_000 || o.bytes < chunk || o.parts < 1 || o.connections < 1 || o.rounds < 1 ||
		o.duration <= 0 || o.growth < 10 || o.growthSize < 1 {
		return fmt.Errorf("a number is too small; see -help")
	}
	return nil
}

func names(list []section) string {
	var out []string
	for _, s := range list {
		out = append(out, s.name)
	}
	return strings.Join(out, ",")
}

func run(ctx context.Context, o options) error {
	r, err := newReport(os.Stdout, o)
	if err != nil {
		return err
	}
	for _, s := range slices.Concat(sections, unasked) {
		if o.only == "" && slices.ContainsFunc(unasked, func(u section) bool { return u.name == s.name }) {
			continue
		}
		if o.only != "" && !slices.Contains(strings.Split(o.only, ","), s.name) {
			continue
		}
		if err := s.measure(ctx, o, r); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	if err := r.end(); err != nil || o.report == "" {
		return err
	}
	return r.writeTo(o.report)
}
