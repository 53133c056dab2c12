// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"bufio"
	"bytes"
	"mime"
	"net/textproto"
	"strings"
)

const (
	// maxField is the longest field of a form that is kept, in bytes.
	maxField = maxLean
	// maxPartHeader is the longest header of a part that is understood, in
	// bytes.
	maxPartHeader = 8 << 10
	// maxBoundary is the longest boundary. The RFC allows 70 characters.
	maxBoundary = 256
)

// multipart reads multipart/form-data in pieces and gives out its text fields.
// Of files nothing is held. mime/multipart reads the same, but from an
// io.Reader, which would need a goroutine here.
//
// https://www.rfc-editor.org/rfc/rfc7578
type multipart struct {
	// field takes a field. It must not keep value. It may set state, to read no
	// more.
	field func(name string, value []byte)

	state formState
	// delimiter stands behind a part: a line end, the boundary, and the first of
	// the two dashes that the last boundary has behind it. Its first byte occurs
	// nowhere else in it, so what may begin it never has to be looked at twice.
	delimiter []byte
	// matched is how much of the delimiter the last bytes are. A part may begin
	// with one whose line end is that of its header: implied is how long that is.
	matched, implied int
	// newline is the line end in front of boundaries; "" in the preamble, before
	// the first of them.
	newline string
	cr      bool // the line of the boundary has come to its CR
	blank   bool // the line of the header is empty so far

	name string // of the part, "" if it is not kept
	buf  []byte // its header, then its value
	over bool   // buf was to become too long
}

type formState uint8

const (
	formData   formState = iota // in a part, or before the first
	formLine                    // behind a boundary, in its line
	formHeader                  // in the header of a part
	formEnd                     // behind the last boundary
	formBroken                  // there is none
)

func newMultipart(boundary string, field func(name string, value []byte)) *multipart {
	m := &multipart{field: field, delimiter: []byte("\n--" + boundary + "-"), matched: 1, implied: 1}
	if boundary == "" || len(boundary) > maxBoundary || bytes.ContainsAny(m.delimiter[1:], "\r\n") {
		m.state = formBroken
	}
	return m
}

// Write reads the next piece. It keeps no reference to p.
func (m *multipart) Write(p []byte) {
	for len(p) > 0 {
		switch m.state {
		case formData:
			p = m.data(p)
		case formLine:
			p = m.line(p)
		case formHeader:
			p = m.header(p)
		default:
			return
		}
	}
}

// data reads a part up to the delimiter. It returns what it has not read.
func (m *multipart) data(p []byte) []byte {
	d := m.delimiter
	for len(p) > 0 {
		if m.matched == 0 {
			i := bytes.IndexByte(p, d[0])
			if i < 0 {
				m.keep(p)
				return nil
			}
			m.keep(p[:i])
			m.matched, p = 1, p[i+1:]
			continue
		}
		switch b := p[0]; {
		case m.matched == len(d):
			if b == '-' {
				m.state = formEnd
				m.endPart()
				return nil
			}
		case m.matched == len(d)-1 && (b == ' ' || b == '\t' || b == '\r' || b == '\n'):
			m.state, m.cr = formLine, false
			m.endPart()
			return p
		case b == d[m.matched]:
			m.matched, p = m.matched+1, p[1:]
			continue
		}
		m.keep(d[m.implied:m.matched])
		m.matched, m.implied = 0, 0
	}
	return nil
}

// keep appends to the value of a field.
func (m *multipart) keep(p []byte) {
	if m.name != "" {
		m.hold(p, maxField)
	}
}

func (m *multipart) hold(p []byte, limit int) {
	if m.over = m.over || len(m.buf)+len(p) > limit; !m.over {
		m.buf = append(m.buf, p...)
	}
}

func (m *multipart) endPart() {
	if m.name != "" && !m.over {
		m.field(m.name, m.buf)
	}
	m.name = ""
}

// line reads the rest of the line that a boundary stands in: white space.
func (m *multipart) line(p []byte) []byte {
	for i, b := range p {
		switch {
		case b == '\n':
			newline := "\n"
			if m.cr {
				newline = "\r\n"
			}
			if m.newline == "" { // the first one sets the fashion
				m.newline = newline
				m.delimiter = append([]byte(newline), m.delimiter[1:]...)
			}
			if newline == m.newline {
				m.state, m.blank = formHeader, true
				m.buf, m.over = m.buf[:0], false
				return p[i+1:]
			}
			m.state = formBroken
			return nil
		case m.cr:
			return m.notABoundary(p[i:])
		case b == '\r':
			m.cr = true
		case b != ' ' && b != '\t':
			return m.notABoundary(p[i:])
		}
	}
	return nil
}

// notABoundary is for a line that only begins like one.
func (m *multipart) notABoundary(p []byte) []byte {
	if m.newline != "" {
		m.state = formBroken
		return nil
	}
	m.state, m.matched, m.implied = formData, 0, 0
	return p
}

// header reads the header of a part up to the empty line behind it.
func (m *multipart) header(p []byte) []byte {
	for i, b := range p {
		switch {
		case b == '\n' && m.blank:
			m.hold(p[:i+1], maxPartHeader)
			m.beginPart()
			return p[i+1:]
		case b == '\n':
			m.blank = true
		case b != '\r':
			m.blank = false
		}
	}
	m.hold(p, maxPartHeader)
	return nil
}

func (m *multipart) beginPart() {
	m.name = ""
	if !m.over {
		m.name = fieldName(m.buf)
	}
	m.buf, m.over = m.buf[:0], false
	m.state = formData
	m.matched, m.implied = len(m.newline), len(m.newline)
}

// fieldName returns the name of a field; "" for anything else, such as a file.
func fieldName(header []byte) string {
	fields, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(header))).ReadMIMEHeader()
	if err != nil {
		return ""
	}
	value := fields.Get("Content-Disposition")
	disposition, parameters, err := mime.ParseMediaType(value)
	// A malformed filename* is not among the parameters, but says file, too.
	file := strings.Contains(strings.ToLower(value), "filename")
	if file || err != nil || disposition != "form-data" {
		return ""
	}
	return parameters["name"]
}
