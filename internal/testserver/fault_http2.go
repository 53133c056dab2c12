// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"crypto/tls"
	"encoding/binary"
	"io"
)

// goneAway are connections of HTTP/2 that the server takes leave of.
func goneAway(said string) []Fault {
	stream := faultStream(said)
	half := len(stream[1]) / 2
	whole := func(c *framer) {
		c.headers(eventType)
		c.data(wholeStream(said), true)
	}
	const noError, internalError = 0, 2
	return []Fault{
		{
			Name: "GOAWAY", Point: "before the request was taken", http2: true,
			frames: func(c *framer, try int, _ <-chan struct{}) {
				if try == 1 {
					c.goAway(0, noError, said)
				} else {
					whole(c)
				}
			},
		},
		{
			Name: "GOAWAY with an error", Point: "before the request was taken", http2: true,
			frames: func(c *framer, _ int, _ <-chan struct{}) { c.goAway(0, internalError, said) },
		},
		{
			Name: "GOAWAY with an error", Point: "before the headers", http2: true,
			frames: func(c *framer, _ int, _ <-chan struct{}) { c.goAway(1, internalError, said) },
		},
		{
			Name: "GOAWAY with an error", Point: "inside an event", http2: true, Before: len(stream[0]) + half,
			frames: func(c *framer, _ int, gate <-chan struct{}) {
				c.headers(eventType)
				c.data(stream[0]+stream[1][:half], false)
				<-gate
				c.goAway(1, internalError, said)
			},
		},
		{
			Name: "GOAWAY", Point: "inside an event, and the stream goes on", http2: true, Before: len(stream[0]) + half,
			frames: func(c *framer, _ int, gate <-chan struct{}) {
				c.headers(eventType)
				c.data(stream[0]+stream[1][:half], false)
				<-gate
				c.goAway(1, noError, said)
				c.data(stream[1][half:]+stream[2]+stream[3], true)
			},
		},
	}
}

// Frames of HTTP/2, as far as they are used here: RFC 9113, section 6.
const (
	frameData     = 0
	frameHeaders  = 1
	frameSettings = 4
	frameGoAway   = 7

	flagEndStream  = 1 // of DATA and HEADERS
	flagAck        = 1 // of SETTINGS
	flagEndHeaders = 4

	clientPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
)

// framer writes the frames that net/http's server never would, for the one
// request of a connection.
type framer struct{ conn *tls.Conn }

// play reads a request, lets answer write frames, and waits until the client has
// gone: else frames that it has not read yet could be lost.
func (f *framer) play(answer func()) {
	defer func() { _ = f.conn.Close() }()
	if _, err := io.ReadFull(f.conn, make([]byte, len(clientPreface))); err != nil {
		return
	}
	f.frame(frameSettings, 0, 0, "")
	f.frame(frameSettings, flagAck, 0, "")
	if !f.request() {
		return
	}
	answer()
	_ = f.conn.CloseWrite() // the client may have gone first
	_, _ = io.Copy(io.Discard, f.conn)
}

// request reads until a request is whole.
func (f *framer) request() bool {
	var header [9]byte
	for {
		if _, err := io.ReadFull(f.conn, header[:]); err != nil {
			return false
		}
		length := binary.BigEndian.Uint32(append([]byte{0}, header[:3]...))
		if _, err := io.CopyN(io.Discard, f.conn, int64(length)); err != nil {
			return false
		}
		if kind := header[3]; (kind == frameData || kind == frameHeaders) && header[4]&flagEndStream != 0 {
			return true
		}
	}
}

func (f *framer) headers(contentType string) {
	// HPACK, RFC 7541: ":status: 200" is entry 8 of its table, the name
	// "content-type" entry 31.
	f.frame(frameHeaders, flagEndHeaders, 1, "\x88\x0f\x10"+string(rune(len(contentType)))+contentType)
}

func (f *framer) data(text string, last bool) {
	var flags byte
	if last {
		flags = flagEndStream
	}
	f.frame(frameData, flags, 1, text)
}

// goAway says that requests up to last were taken, and why there will be no more.
func (f *framer) goAway(last, code uint32, reason string) {
	payload := binary.BigEndian.AppendUint32(nil, last)
	payload = binary.BigEndian.AppendUint32(payload, code)
	f.frame(frameGoAway, 0, 0, string(payload)+reason)
}

func (f *framer) frame(kind, flags byte, stream uint32, payload string) {
	header := binary.BigEndian.AppendUint32(nil, uint32(len(payload))<<8|uint32(kind))
	header = binary.BigEndian.AppendUint32(append(header, flags), stream)
	_, _ = io.WriteString(f.conn, string(header)+payload) // the client may have gone
}
