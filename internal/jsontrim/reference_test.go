// SPDX-License-Identifier: Apache-2.0

package jsontrim_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/otelmistral/otelmistral/internal/jsontrim"
)

// filter is what a Shape says, in words that encoding/json understands. It is
// written apart from the Trimmer, so that the two can be compared.
type filter struct {
	all     bool
	members map[string]*filter
	without map[string]bool // lower-case
	base64  map[string]bool
}

// decode reads JSON without losing digits.
func decode(doc []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return v, err
}

// apply returns what of v the filter keeps. In base64 strings are base64; in
// named the member data is.
func (f *filter) apply(v any, depth int, isBase64 bool) any {
	switch v := v.(type) {
	case map[string]any:
		if depth == jsontrim.MaxDepth {
			return nil
		}
		kept := map[string]any{}
		for key, value := range v {
			child := f.members[key]
			if f.all {
				child = f
			}
			if child == nil || len(key) > jsontrim.MaxKey || f.without[strings.ToLower(key)] {
				continue
			}
			kept[key] = child.apply(value, depth+1, f.base64[key] || isBase64 && key == "data")
		}
		return kept
	case []any:
		if depth == jsontrim.MaxDepth {
			return nil
		}
		kept := []any{}
		for _, value := range v {
			kept = append(kept, f.apply(value, depth+1, isBase64))
		}
		return kept
	case json.Number:
		if len(v) > jsontrim.MaxNumber && depth > 0 {
			return nil
		}
	case string:
		return replaceBase64(v, isBase64)
	}
	return v
}

var dataURL = regexp.MustCompile(`^data:([ !#-+\--:<-[\]-\x7f]*)(;[ !#-+\--[\]-\x7f]*)?;base64,`)

// replaceBase64 returns the digest of a base64 string, and other strings as
// they are.
func replaceBase64(s string, named bool) string {
	media, data := "", s
	if m := dataURL.FindStringSubmatch(s); m != nil && len(m[0]) <= 256 {
		media, data = m[1], s[len(m[0]):]
	} else if !named || s == "" || strings.HasPrefix(s, "data:") ||
		strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://") {
		return s
	}
	standard := strings.NewReplacer("-", "+", "_", "/", "\r", "", "\n", "").Replace(data)
	encoding := base64.RawStdEncoding
	if strings.Contains(standard, "=") {
		encoding = base64.StdEncoding
	}
	decoded, err := encoding.DecodeString(standard)
	if err != nil {
		return fmt.Sprintf("data:%s;invalid;bytes=%d,", media, len(data))
	}
	return fmt.Sprintf("data:%s;sha256=%x;bytes=%d,", media, sha256.Sum256(decoded), len(decoded))
}
