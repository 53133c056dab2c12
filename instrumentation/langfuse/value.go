// SPDX-License-Identifier: Apache-2.0

package langfuse

import (
	"unicode/utf16"

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

// readable returns the value in a form that Langfuse reads: what is neither a
// scalar nor a list of them becomes JSON text.
func readable(v attribute.Value) attribute.Value {
	switch v.Type() {
	case attribute.MAP, attribute.SLICE, attribute.BYTESLICE:
		return attribute.StringValue(v.String())
	}
	return v
}

// maxName is the longest name that a trace may have in Langfuse's older store,
// counted in UTF-16 as JavaScript does. With a longer one the trace is lost, and a
// trace is called after its root unless the application names it.
const maxName = 1000

// shortName cuts a name that is too long, never inside a character.
func shortName(name string) string {
	units := 0
	for i, c := range name {
		if units += utf16.RuneLen(c); units > maxName {
			return name[:i]
		}
	}
	return name
}
