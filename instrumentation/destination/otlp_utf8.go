// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// makeValid puts U+FFFD in the place of what is no UTF-8 in a request that could
// not be encoded, and reports whether there was any. Spans of other libraries may
// hold such text, and to look at every text of every request would cost more than
// to send a rare one again. All that stands under the resources of the items is
// looked at, so that it happens once for a batch and not for each part of it.
func makeValid(items []item) (changed bool) {
	for i, it := range items {
		if i == 0 || it.resource != items[i-1].resource {
			changed = makeTextsValid(it.resource.ProtoReflect()) || changed
		}
	}
	return changed
}

func makeTextsValid(m protoreflect.Message) (changed bool) {
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		isMessage := f.Kind() == protoreflect.MessageKind
		switch {
		case isMessage && f.IsList():
			for i := range v.List().Len() {
				changed = makeTextsValid(v.List().Get(i).Message()) || changed
			}
		case isMessage:
			changed = makeTextsValid(v.Message()) || changed
		case f.Kind() == protoreflect.StringKind && !f.IsList() && !utf8.ValidString(v.String()):
			m.Set(f, protoreflect.ValueOfString(strings.ToValidUTF8(v.String(), "\uFFFD")))
			changed = true
		}
		return true
	})
	return changed
}
