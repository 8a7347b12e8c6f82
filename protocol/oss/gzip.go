package oss

import (
	"bufio"
	"compress/gzip"
	"io"
	"strconv"
	"strings"
	"sync"

	"ossd/objectstore"
)

// minGzip is from which size on, in bytes, an object is sent compressed to who
// accepts it (vendor documentation "GetObject"; SDK suite oss2 test_gzip_get).
const minGzip = 1024

// gzipTypes are the media types that are compressed, and no others (vendor documentation "GetObject").
var gzipTypes = nameSet(`
	text/cache-manifest text/xml text/plain text/css application/javascript application/x-javascript
	application/rss+xml application/json text/json`)

// compress makes the answer a compressed one, if the client accepts that and
// the object is of the kind. It must be an answer with the whole object.
func (c *call) compress(out *getObjectOutput) {
	accepted := c.r.Header["Accept-Encoding"]
	if len(accepted) == 0 || out.length < minGzip || !acceptsGzip(accepted) || !compressible(out.Stored) {
		return
	}
	plain := out.content
	out.content = func() (objectstore.Content, error) {
		content, err := plain()
		if err != nil || !takeCompressor() {
			return content, err
		}
		// Only now is it certain: the headers of a refusal must not say it.
		// The tag and the digest are those of other bytes than are sent; the
		// CRC-64 stays that of the object, for who unpacks it (SDK suite oss2).
		header := c.w.Header()
		header["Content-Encoding"] = []string{"gzip"}
		header["Transfer-Encoding"] = []string{"chunked"} // or net/http counts a short answer
		delete(header, "ETag")
		delete(header, "Content-MD5")
		size := out.length
		out.length = -1
		return gzipContent{content, size}, nil
	}
}

// compressible tells whether an object with these headers, the later ones
// winning, is of a type that is compressed and has no encoding of its own.
func compressible(stored []objectstore.Header) bool {
	kind := ""
	for _, h := range stored {
		switch h.Name {
		case "Content-Type":
			kind = h.Value
		case "Content-Encoding":
			return false
		}
	}
	kind, _, _ = strings.Cut(kind, ";")
	return gzipTypes[strings.ToLower(strings.TrimSpace(kind))]
}

// acceptsGzip reads Accept-Encoding (RFC 9110, 12.5.3). Who sends only "*" would
// take any coding, but has not said that it can read this one.
func acceptsGzip(lists []string) bool {
	packed, plain := -1.0, -1.0
	for _, list := range lists {
		for one := range strings.SplitSeq(list, ",") {
			coding, parameters, _ := strings.Cut(one, ";")
			q, ok := quality(parameters)
			if !ok {
				continue
			}
			switch strings.ToLower(strings.Trim(coding, " \t")) {
			case "gzip", "x-gzip": // the same (RFC 9110, 8.4.1.3)
				packed = max(packed, q)
			case "identity":
				plain = max(plain, q)
			}
		}
	}
	return packed > 0 && packed >= plain
}

// quality reads the weight among the parameters of an element, 1 if there is none.
func quality(parameters string) (q float64, ok bool) {
	for p := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(p, "=")
		if strings.EqualFold(strings.Trim(name, " \t"), "q") {
			q, err := strconv.ParseFloat(strings.Trim(value, " \t"), 64)
			return q, err == nil && q >= 0 && q <= 1
		}
	}
	return 1, true
}

// gzipContent is an object's content that is packed on its way out. It is made
// for WriteTo; Read yields the plain bytes.
type gzipContent struct {
	objectstore.Content
	size int64 // of the plain bytes
}

// WriteTo returns how many packed bytes it wrote. When the plain ones break off
// the end is not written, so that nobody takes what was sent for the whole.
func (g gzipContent) WriteTo(w io.Writer) (int64, error) {
	k := compressors.Get().(*compressor)
	defer compressors.Put(k)
	k.reset(w)
	n, err := g.Content.WriteTo(k.zip)
	if err == nil && n != g.size {
		err = io.ErrUnexpectedEOF
	}
	if err == nil {
		err = k.zip.Close()
	}
	if err == nil {
		err = k.out.Flush()
	}
	sent := k.sent
	k.reset(io.Discard) // holds nothing of the connection
	return sent, err
}

func (g gzipContent) Close() error {
	<-compressing
	return g.Content.Close()
}

// maxCompressors bounds how many answers are compressed at a time: each holds
// near a megabyte for as long as its client likes. Further ones are sent as they are.
const maxCompressors = 64

var compressing = make(chan struct{}, maxCompressors)

func takeCompressor() bool {
	select {
	case compressing <- struct{}{}:
		return true
	default:
		return false
	}
}

// compressor packs, and collects what it packed: the packer writes a few hundred
// bytes at a time.
type compressor struct {
	zip  *gzip.Writer
	out  *bufio.Writer
	w    io.Writer
	sent int64
}

var compressors = sync.Pool{New: func() any {
	k := &compressor{}
	k.out = bufio.NewWriterSize(k, 16<<10)
	k.zip, _ = gzip.NewWriterLevel(k.out, gzip.BestSpeed) // the level is a valid one
	return k
}}

func (k *compressor) reset(w io.Writer) {
	k.w, k.sent = w, 0
	k.out.Reset(k)
	k.zip.Reset(k.out)
}

// Write takes what out has collected.
func (k *compressor) Write(p []byte) (int, error) {
	n, err := k.w.Write(p)
	k.sent += int64(n)
	return n, err
}
