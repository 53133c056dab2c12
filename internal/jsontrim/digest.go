// SPDX-License-Identifier: Apache-2.0

package jsontrim

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"strconv"
	"strings"
)

// digest decodes base64 as it comes and keeps only its size and its SHA-256.
// It takes the standard and the URL alphabet, with and without padding, and
// ignores line breaks.
type digest struct {
	hash    hash.Hash
	buf     [3 << 10]byte // decoded and not yet hashed
	n       int           // bytes of buf in use
	bits    uint32        // characters of an incomplete group of four
	group   int           // how many they are
	padding int
	decoded int64 // bytes that went through the hash
	chars   int64
	invalid bool
}

func (d *digest) reset() {
	if d.hash == nil {
		d.hash = sha256.New()
	}
	d.hash.Reset()
	d.n, d.bits, d.group, d.padding, d.decoded, d.chars, d.invalid = 0, 0, 0, 0, 0, 0, false
}

// write takes the next characters.
func (d *digest) write(b []byte) {
	d.chars += int64(len(b))
	for len(b) > 0 && !d.invalid {
		if d.group == 0 && d.padding == 0 {
			b = b[d.groups(b):]
		}
		if len(b) > 0 {
			d.char(b[0])
			b = b[1:]
		}
	}
}

// groups decodes whole groups of four and returns how many characters they are.
func (d *digest) groups(b []byte) (n int) {
	for {
		d.flush(4)
		fit := min(len(b)/4, (len(d.buf)-d.n-1)/3)
		if fit == 0 {
			return n
		}
		out := d.buf[d.n:]
		for i := range fit {
			q := b[4*i : 4*i+4 : 4*i+4]
			v := placed[0][q[0]] | placed[1][q[1]] | placed[2][q[2]] | placed[3][q[3]]
			if v&notPlaced != 0 {
				d.n += 3 * i
				return n + 4*i
			}
			binary.BigEndian.PutUint32(out[3*i:3*i+4], v) // three bytes, and one for the next to overwrite
		}
		d.n += 3 * fit
		n += 4 * fit
		b = b[4*fit:]
	}
}

func (d *digest) char(c byte) {
	v := sextet[c]
	switch {
	case c == '\n' || c == '\r':
	case c == '=' && d.group >= 2 && d.group+d.padding < 4:
		d.padding++
	case v == notSextet || d.padding > 0:
		d.invalid = true
	default:
		d.bits = d.bits<<6 | uint32(v)
		d.group++
		if d.group == 4 {
			d.flush(3)
			d.buf[d.n], d.buf[d.n+1], d.buf[d.n+2] = byte(d.bits>>16), byte(d.bits>>8), byte(d.bits)
			d.n += 3
			d.bits, d.group = 0, 0
		}
	}
}

// flush hashes what is buffered unless n more bytes have room.
func (d *digest) flush(n int) {
	if len(d.buf)-d.n < n {
		d.hash.Write(d.buf[:d.n])
		d.decoded += int64(d.n)
		d.n = 0
	}
}

// appendTo ends the base64 and appends its digest in the form that ParseDigest
// reads. When the string is not whole, a group that lacks characters is no fault.
func (d *digest) appendTo(dst, media []byte, whole bool) []byte {
	if whole && (d.group == 1 || d.padding > 0 && d.group+d.padding != 4) {
		d.invalid = true
	}
	dst = append(dst, "data:"...)
	dst = append(dst, media...)
	if d.invalid {
		dst = append(dst, ";invalid;bytes="...)
		dst = strconv.AppendInt(dst, d.chars, 10)
		return append(dst, ',')
	}
	d.flush(2)
	switch d.group {
	case 2:
		d.buf[d.n] = byte(d.bits >> 4)
		d.n++
	case 3:
		d.buf[d.n], d.buf[d.n+1] = byte(d.bits>>10), byte(d.bits>>2)
		d.n += 2
	}
	d.group = 0
	d.flush(len(d.buf))
	dst = append(dst, ";sha256="...)
	dst = hex.AppendEncode(dst, d.hash.Sum(d.buf[:0]))
	dst = append(dst, ";bytes="...)
	dst = strconv.AppendInt(dst, d.decoded, 10)
	return append(dst, ',')
}

const (
	notSextet = 0xFF
	notPlaced = 1
)

// sextet gives the value of each character of either alphabet.
var sextet = func() (table [256]byte) {
	for i := range table {
		table[i] = notSextet
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	for i, c := range alphabet {
		table[c] = byte(i)
	}
	table['+'], table['-'], table['/'], table['_'] = 62, 62, 63, 63
	return table
}()

// placed gives the value of each character where it stands in a group, in the
// upper three bytes.
var placed = func() (table [4][256]uint32) {
	for c, v := range sextet {
		for i := range table {
			table[i][c] = uint32(v) << (26 - 6*i)
			if v == notSextet {
				table[i][c] = notPlaced
			}
		}
	}
	return table
}()

// ParseDigest reads what a [Trimmer] puts in the place of base64:
//
//	data:<media type>;sha256=<hex>;bytes=<n>,
//	data:<media type>;invalid;bytes=<n>,
//
// The media type may be empty. In the first form bytes is the size of the
// decoded data and sha256 its hash in lower-case hexadecimal. The second form
// stands for what was not valid base64: bytes is the number of its characters
// and sha256 is empty. The caller's own text may look like this, too.
func ParseDigest(s string) (mediaType string, bytes int64, sha256 string, ok bool) {
	s, isData := strings.CutPrefix(s, "data:")
	s, isWhole := strings.CutSuffix(s, ",")
	fields := strings.SplitN(s, ";", 4)
	if !isData || !isWhole || len(fields) != 3 {
		return "", 0, "", false
	}
	sum, isSum := strings.CutPrefix(fields[1], "sha256=")
	if isSum && !isSHA256(sum) || !isSum && fields[1] != "invalid" {
		return "", 0, "", false
	}
	if !isSum {
		sum = ""
	}
	count, hasCount := strings.CutPrefix(fields[2], "bytes=")
	n, err := strconv.ParseInt(count, 10, 64)
	if !hasCount || err != nil || n < 0 {
		return "", 0, "", false
	}
	return fields[0], n, sum, true
}

func isSHA256(s string) bool {
	return len(s) == 2*sha256.Size && strings.Trim(s, "0123456789abcdef") == ""
}
