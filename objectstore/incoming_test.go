package objectstore_test

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"hash/crc64"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"ossd/objectstore"
)

// Bodies that end at and beside the ends of the buffers that they pass through.
func TestBodiesOfManyBuffers(t *testing.T) {
	const buffer = 128 << 10
	s := open(t, nil)
	b := bucket(t, s, "demo")
	random := make([]byte, 9*buffer+1)
	for i := range random {
		random[i] = byte(rand.Uint32())
	}
	for _, length := range []int{0, 1, buffer - 1, buffer, buffer + 1, 2 * buffer, 2*buffer + 7, 3 * buffer, 4*buffer - 1, 4 * buffer, 4*buffer + 1, 9*buffer + 1} {
		content := random[:length]
		for _, size := range []int64{int64(length), -1} {
			o, err := s.PutObject(t.Context(), objectstore.Put{
				Bucket: b, Key: "a", Incoming: objectstore.Incoming{Body: bytes.NewReader(content), Size: size},
			})
			if err != nil {
				t.Fatal(err)
			}
			sum := md5.Sum(content)
			if o.ETag != strings.ToUpper(hex.EncodeToString(sum[:])) || o.CRC64 != crc64.Checksum(content, crc64.MakeTable(crc64.ECMA)) || o.Size != int64(length) {
				t.Errorf("%d bytes announced as %d: put returned %+v", length, size, o)
			}
			if got, _, _, err := get(t.Context(), s, "demo", "a"); err != nil || got != string(content) {
				t.Errorf("%d bytes announced as %d: read %d others, %v", length, size, len(got), err)
			}
		}
		broken := io.MultiReader(bytes.NewReader(content), errReader{io.ErrUnexpectedEOF})
		_, err := s.PutObject(t.Context(), objectstore.Put{
			Bucket: b, Key: "b", Incoming: objectstore.Incoming{Body: broken, Size: int64(length) + 1},
		})
		wantKind(t, err, objectstore.IncompleteBody)
	}
}
