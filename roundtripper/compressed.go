// SPDX-License-Identifier: Apache-2.0

package roundtripper

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"

	"github.com/otelmistral/otelmistral/internal/genai"
)

const (
	// maxCompressed is how much of a compressed body is kept to be decoded at
	// its end.
	maxCompressed = 1 << 20
	// maxDecompressed is how much may come out of it: gzip packs a thousand
	// to one.
	maxDecompressed = 16 << 20
)

// decompressors has the encodings that are understood. net/http decodes gzip
// itself unless the caller asked for an encoding of his own.
var decompressors = map[string]func(io.Reader) (io.Reader, error){
	"gzip":    newGzip,
	"x-gzip":  newGzip,
	"deflate": newDeflate,
}

func newGzip(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }

// newDeflate reads what HTTP calls deflate, which is zlib's format, and what
// some servers send instead, which is flate's.
func newDeflate(r io.Reader) (io.Reader, error) {
	b := bufio.NewReader(r)
	header, err := b.Peek(2)
	if err == nil && header[0]&0x0F == 8 && (int(header[0])<<8|int(header[1]))%31 == 0 {
		return zlib.NewReader(b)
	}
	return flate.NewReader(b), nil
}

// compressed keeps a compressed body while the caller reads it, and decodes it
// once, when the call ends. Of one that is too long, or in an encoding that is
// not understood, nothing is known but its status and when it ended; of one that
// turns out to be so while it is decoded, what came before.
type compressed struct {
	reply
	decompress func(io.Reader) (io.Reader, error)
	record     *genai.Call
	body       []byte
	over       bool // the body is not understood
}

func (z *compressed) Write(p []byte) {
	if z.over = z.over || len(z.body)+len(p) > maxCompressed; z.over {
		z.body = nil
		return
	}
	z.body = append(z.body, p...)
}

// Done is not known before the end.
func (z *compressed) Done() bool { return false }

func (z *compressed) Fill() {
	if z.over {
		z.record.DecodeErrors++
		return
	}
	if err := z.decode(); err != nil {
		z.record.DecodeErrors++
		z.over = true
	}
	z.body = nil
	z.reply.Fill()
}

// decode feeds what the body holds, as far as it came.
func (z *compressed) decode() error {
	r, err := z.decompress(bytes.NewReader(z.body))
	buf := make([]byte, 16<<10)
	for total := 0; err == nil && !z.reply.Done(); {
		var n int
		n, err = r.Read(buf)
		if total += n; total > maxDecompressed {
			return errors.New("too long")
		}
		z.reply.Write(buf[:n])
	}
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil // a body that was cut is no fault of ours
	}
	return err
}
