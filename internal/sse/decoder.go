// SPDX-License-Identifier: Apache-2.0

package sse

import (
	"bytes"
	"math/bits"
)

// DefaultLimit is the number of bytes of data kept for one event when no other limit is set.
const DefaultLimit = 1 << 20

const (
	// maxName is where an event name is cut, in bytes. Names are words such as "message.output.delta".
	maxName = 256
	// keptCap is the largest buffer, in bytes, that outlives its event.
	keptCap = 64 << 10
	// minCap is the smallest buffer worth allocating, in bytes.
	minCap = 1 << 10
)

// bom is the UTF-8 byte order mark, skipped at the very start of a stream and nowhere else.
const bom = "\xEF\xBB\xBF"

// Event is one server-sent event. It is valid only during the callback that receives it: Data lies in the slice
// given to Feed or in the decoder's buffer. Name may be kept.
type Event struct {
	// Name is the value of the event field, "" when there is none, cut at 256 bytes.
	Name string
	// Data is the values of the data fields, joined by \n. It must not be modified.
	Data []byte
	// Oversize says that the data was longer than the limit; Data holds its first limit bytes.
	Oversize bool
}

// field is what is known about the line being read.
type field uint8

const (
	fieldUnknown field = iota // still to be told from head, which is empty at the start of a line
	fieldData
	fieldEvent
	fieldIgnored // a comment, id, retry, or anything else
)

// Decoder turns the bytes of an event stream into events. The zero value is ready to use, with DefaultLimit.
//
// When an event with a single data line lies within one Feed, its data is not copied. Other data goes through a
// buffer that never exceeds the limit; one larger than 64 KiB is given back as soon as its event has been handed
// out, so one big event does not pin memory for the rest of a long stream. In the steady state no event up to that
// size allocates, except when its name is not among the last eight different ones.
//
// A Decoder is not safe for concurrent use, and the callback must not call it.
type Decoder struct {
	limit int // as given; see maxData

	// The stream.
	bom    uint8 // bytes of the byte order mark passed; len(bom) once the start is behind us
	skipLF bool  // the last byte was CR: a LF now is the second half of the same line end
	done   bool

	// The line.
	field     field
	head      [len("event:")]byte // bytes of the line while field is unknown
	headLen   uint8
	skipSpace bool // the next byte is the first of a value

	// The event. Its data is held or buf, never both; held must be nil when Feed returns, for it lies in the
	// caller's slice.
	hasData  bool // a data field was seen; its value may be empty
	oversize bool
	held     []byte
	buf      []byte
	name     []byte

	names    [8]string // names handed out before, so that repeating one does not allocate
	nextName uint8     // the slot to overwrite next
}

// Reset makes d ready for a new stream, with limit bytes of data kept per event. A limit of 0 or less means
// DefaultLimit.
func (d *Decoder) Reset(limit int) {
	*d = Decoder{limit: limit, buf: d.buf[:0], name: d.name[:0], names: d.names, nextName: d.nextName}
	if cap(d.buf) > min(d.maxData(), keptCap) {
		d.buf = nil
	}
}

// Feed reads p, in which any number of events may begin and end, and calls emit for each event that p completes, in
// order. An event is complete with the first byte of the line end of its blank line: a final CR does not wait for
// the LF that may follow. When emit returns false decoding stops for good; the rest of p and later calls are
// ignored until Reset. Feed neither modifies nor retains p.
func (d *Decoder) Feed(p []byte, emit func(Event) bool) {
	if d.done {
		return
	}
	p = d.trimBOM(p)
	// lf and cr are the next line ends of either kind at or after i, len(p) when there is none. Each byte is
	// searched once for each kind; searching both per line would be quadratic where one kind is rare.
	lf, cr := -1, -1
	for i := 0; i < len(p); {
		if d.skipLF {
			d.skipLF = false
			if p[i] == '\n' {
				i++
				continue
			}
		}
		if lf < i {
			lf = next(p, i, '\n')
		}
		if cr < i {
			cr = next(p, i, '\r')
		}
		end := min(lf, cr)
		if data, ok := d.whole(p[i:], end-i); ok {
			i = end + len("\n\n")
			if !emit(Event{Data: data}) {
				d.stop()
				return
			}
			continue
		}
		if i < end {
			d.take(p[i:end])
		}
		if end == len(p) {
			break // the line goes on in the next Feed
		}
		d.skipLF = end == cr
		i = end + 1
		if !d.endLine(emit) {
			d.stop()
			return
		}
	}
	d.keep()
}

// Flush tells that the stream has ended, and calls emit as if a blank line followed: for a last event with data,
// even when its last line was cut. Later calls are ignored until Reset.
func (d *Decoder) Flush(emit func(Event) bool) {
	if d.done {
		return
	}
	// When no line is open, endLine dispatches, and nothing is left to dispatch.
	d.endLine(emit)
	d.dispatch(emit)
	d.stop()
}

// whole returns the data of the usual event: one line "data: ", here of n bytes, and a blank line, both in p, with
// nothing of the event before. It says what the line by line reading says, at less than half the cost.
func (d *Decoder) whole(p []byte, n int) (data []byte, ok bool) {
	const prefix, end = "data: ", "\n\n"
	if d.field != fieldUnknown || d.headLen > 0 || d.hasData || len(d.name) > 0 || n-len(prefix) > d.maxData() ||
		n+len(end) > len(p) || string(p[n:n+len(end)]) != end || n < len(prefix) || string(p[:len(prefix)]) != prefix {
		return nil, false
	}
	return p[len(prefix):n:n], true
}

// next returns the index of the first c in p at or after i, len(p) if there is none.
func next(p []byte, i int, c byte) int {
	if n := bytes.IndexByte(p[i:], c); n >= 0 {
		return i + n
	}
	return len(p)
}

// trimBOM returns p without what it holds of a byte order mark at the start of the stream.
func (d *Decoder) trimBOM(p []byte) []byte {
	for int(d.bom) < len(bom) && len(p) > 0 {
		if p[0] != bom[d.bom] {
			if d.bom > 0 {
				d.field = fieldIgnored // the bytes passed begin the name of a field that nobody knows
			}
			d.bom = uint8(len(bom))
			break
		}
		d.bom++
		p = p[1:]
	}
	return p
}

// take reads the next bytes of a line, at least one, without its end.
func (d *Decoder) take(s []byte) {
	if d.field == fieldUnknown {
		s = d.takeName(s)
	}
	if len(s) == 0 || d.field == fieldIgnored {
		return
	}
	if d.skipSpace {
		d.skipSpace = false
		if s[0] == ' ' {
			s = s[1:]
		}
	}
	if d.field == fieldData {
		d.addData(s)
		return
	}
	d.name = append(d.name, s[:min(len(s), maxName-len(d.name))]...)
}

// takeName finds out which field the line holds and returns what of s comes after the colon. While the bytes so far
// leave it open, they stay in head, which never holds more than a field name.
func (d *Decoder) takeName(s []byte) []byte {
	seen, before := s, int(d.headLen)
	if before > 0 {
		seen = d.head[:before+copy(d.head[before:], s)]
	}
	switch {
	case bytes.HasPrefix(seen, []byte("data:")):
		d.beginData()
		d.skipSpace = true
		return s[len("data:")-before:]
	case bytes.HasPrefix(seen, []byte("event:")):
		d.beginEvent()
		d.skipSpace = true
		return s[len("event:")-before:]
	case bytes.HasPrefix([]byte("data"), seen), bytes.HasPrefix([]byte("event"), seen):
		d.headLen = uint8(copy(d.head[:], seen))
	default:
		d.field = fieldIgnored
	}
	return nil
}

// endLine ends the current line, and with a blank line the event. It reports whether decoding goes on.
func (d *Decoder) endLine(emit func(Event) bool) bool {
	goOn := true
	if d.field == fieldUnknown {
		switch string(d.head[:d.headLen]) { // a line without colon is a field with an empty value
		case "":
			goOn = d.dispatch(emit)
		case "data":
			d.beginData()
		case "event":
			d.beginEvent()
		}
	}
	d.field, d.headLen, d.skipSpace = fieldUnknown, 0, false
	return goOn
}

// dispatch hands out the current event, if it has data, and begins the next. It reports whether decoding goes on.
func (d *Decoder) dispatch(emit func(Event) bool) bool {
	if !d.hasData {
		d.name = d.name[:0] // the name of an event without data must not reach the next one
		return true
	}
	data := d.held
	if data == nil {
		data = d.buf[:len(d.buf):len(d.buf)]
	}
	ev := Event{Name: d.internName(), Data: data, Oversize: d.oversize}
	// Before emit, so that a panic there does not leave the caller's slice behind.
	d.hasData, d.oversize, d.held, d.name = false, false, nil, d.name[:0]
	d.buf = d.buf[:0]
	if cap(d.buf) > keptCap {
		d.buf = nil
	}
	return emit(ev)
}

// beginEvent begins the value of an event field. The last one counts.
func (d *Decoder) beginEvent() {
	d.field = fieldEvent
	d.name = d.name[:0]
}

// beginData begins the value of a data field.
func (d *Decoder) beginData() {
	d.field = fieldData
	if !d.hasData {
		d.hasData = true
		return
	}
	if d.room() == 0 {
		d.oversize = true
		return
	}
	d.keep()
	d.grow(1)
	d.buf = append(d.buf, '\n')
}

// addData adds s to the data, as far as the limit allows. The first bytes of an event are only held.
func (d *Decoder) addData(s []byte) {
	if room := d.room(); len(s) > room {
		s, d.oversize = s[:room], true
	}
	if len(s) == 0 {
		return
	}
	if d.held == nil && len(d.buf) == 0 {
		d.held = s[:len(s):len(s)]
		return
	}
	d.keep()
	d.grow(len(s))
	d.buf = append(d.buf, s...)
}

// maxData returns how many bytes of data an event may have.
func (d *Decoder) maxData() int {
	if d.limit <= 0 {
		return DefaultLimit
	}
	return d.limit
}

// room returns how many bytes of data the event may still take.
func (d *Decoder) room() int {
	return d.maxData() - len(d.held) - len(d.buf)
}

// keep moves held data into the buffer.
func (d *Decoder) keep() {
	if d.held == nil {
		return
	}
	held := d.held
	d.held = nil
	d.grow(len(held))
	d.buf = append(d.buf, held...)
}

// grow makes room for n more bytes in the buffer, n being at most room. Not left to append, which may go past the
// limit; powers of two keep an event of up to keptCap bytes within a buffer that is kept.
func (d *Decoder) grow(n int) {
	need := len(d.buf) + n
	if need <= cap(d.buf) {
		return
	}
	c := min(max(minCap, 1<<bits.Len(uint(need-1))), d.maxData())
	d.buf = append(make([]byte, 0, c), d.buf...)
}

// internName returns the event's name, the same string for a name that was used lately.
func (d *Decoder) internName() string {
	if len(d.name) == 0 {
		return ""
	}
	for _, name := range d.names {
		if name == string(d.name) {
			return name
		}
	}
	name := string(d.name)
	d.names[d.nextName] = name
	d.nextName = (d.nextName + 1) % uint8(len(d.names))
	return name
}

// stop ends decoding and lets go of what only decoding needs.
func (d *Decoder) stop() {
	d.done = true
	d.held, d.buf, d.name = nil, nil, nil
}
