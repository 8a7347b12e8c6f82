// Program run starts a cluster on loopback to try ossd with several nodes, and says
// where everything is. It ends, with all of it, when it is interrupted.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"ossd/engine/blob/s3/s3test"
	"ossd/ossdtest/cluster"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}

func run() error {
	program := flag.String("ossd", "bin/ossd", "the program")
	nodes := flag.Int("nodes", 3, "how many nodes")
	listen := flag.String("listen", "127.0.0.1:8280", "address of the balancer")
	engines := flag.Bool("engines", false, "only PostgreSQL and the S3 store, to move a store there or to start nodes by hand")
	dir := flag.String("dir", "", "for what is written; default: a temporary one, which is removed")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	here, err := os.Getwd()
	if err != nil {
		return err
	}
	store, err := s3test.Install(ctx, here)
	if err != nil {
		return err
	}
	if *dir == "" {
		if *dir, err = os.MkdirTemp("", "ossd-cluster-"); err != nil {
			return err
		}
		defer os.RemoveAll(*dir)
	}
	absolute, err := filepath.Abs(*program)
	if err != nil {
		return err
	}
	cl, err := cluster.Start(ctx, cluster.Config{OSSD: absolute, S3: store, Dir: *dir, Nodes: *nodes, Listen: *listen, Offline: *engines})
	if err != nil {
		return err
	}
	fmt.Printf("cluster: postgres at %s, contents (versitygw %s) at %s\n", cl.Postgres.Address(), s3test.Version, cl.Store.Endpoint)
	if *engines {
		fmt.Printf("cluster: for nodes and ossd migrate\n  export OSSD_METADATA='%s'\n  export OSSD_BLOBS='%s'\n", cl.Postgres.URL(), cl.BlobsURL(cl.Store.Endpoint))
		fmt.Printf("  export OSSD_S3_ACCESS_KEY_ID=%s OSSD_S3_SECRET_ACCESS_KEY=%s\n", cl.Store.AccessKey, cl.Store.SecretKey)
		fmt.Println("cluster: ready; interrupt to end it")
		<-ctx.Done()
		return cl.Stop()
	}
	for _, n := range cl.Nodes {
		fmt.Printf("cluster: node at %s, its directory %s\n", n.URL, n.Dir)
	}
	fmt.Printf("cluster: balancer at %s\n", cl.URL)
	fmt.Printf("cluster: try\n  export OSS_ENDPOINT=%s ALIBABA_CLOUD_ACCESS_KEY_ID=%s ALIBABA_CLOUD_ACCESS_KEY_SECRET=%s\n", cl.URL, cluster.AccessKeyID, cluster.AccessKeySecret)
	fmt.Printf("  curl -X PUT \"$(%[1]s sign oss://demo --method PUT)\"\n  curl -T README.md \"$(%[1]s sign oss://demo/README.md --method PUT)\"\n  curl \"$(%[1]s sign oss://demo/README.md --expires 1h)\"\n", *program)
	fmt.Println("cluster: ready; interrupt to end it")
	<-ctx.Done()
	return cl.Stop()
}
