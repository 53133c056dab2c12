// SPDX-License-Identifier: Apache-2.0

package langfuse

import (
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
)

// empty tells whether Langfuse would show the value as the text of its encoding,
// such as {"arrayValue":{}}: that is so for lists without elements and for what
// has no value.
func empty(v attribute.Value) bool {
	switch v.Type() {
	case attribute.EMPTY:
		return true
	case attribute.STRINGSLICE:
		return len(v.AsStringSlice()) == 0
	case attribute.BOOLSLICE, attribute.INT64SLICE, attribute.FLOAT64SLICE, attribute.SLICE:
		return v.String() == "[]"
	}
	return false
}

// validText asks first: ToValidUTF8 is slow, and nearly all text is valid.
func validText(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// readable returns the value in a form that Langfuse reads: what is neither a
// scalar nor a list of them becomes JSON text. Text is valid UTF-8, for one span
// with other text would make a whole request unreadable.
func readable(v attribute.Value) attribute.Value {
	switch v.Type() {
	case attribute.STRING:
		return attribute.StringValue(validText(v.AsString()))
	case attribute.STRINGSLICE:
		texts := v.AsStringSlice()
		if slices.ContainsFunc(texts, func(s string) bool { return !utf8.ValidString(s) }) {
			for i, s := range texts {
				texts[i] = strings.ToValidUTF8(s, "\uFFFD")
			}
			return attribute.StringSliceValue(texts)
		}
	case attribute.MAP, attribute.SLICE, attribute.BYTESLICE:
		return attribute.StringValue(strings.ToValidUTF8(v.String(), "\uFFFD"))
	}
	return v
}

// maxName is the longest name that a trace may have in Langfuse's older store,
// counted in UTF-16 as JavaScript does. With a longer one the trace is lost, and a
// trace is called after its root unless the application names it.
const maxName = 1000

// shortName cuts a name that is too long, never inside a character.
func shortName(name string) string {
	name = strings.ToValidUTF8(name, "\uFFFD")
	units := 0
	for i, c := range name {
		if units += utf16.RuneLen(c); units > maxName {
			return name[:i]
		}
	}
	return name
}
