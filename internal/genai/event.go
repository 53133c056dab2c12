// SPDX-License-Identifier: Apache-2.0

package genai

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/internal/jsonscan"
	"github.com/otelmistral/otelmistral/internal/jsontrim"
	"github.com/otelmistral/otelmistral/semconv"
)

// WithoutContent returns attrs without those that carry content. attrs stays as
// it is.
func WithoutContent(attrs []attribute.KeyValue) []attribute.KeyValue {
	return slices.DeleteFunc(slices.Clone(attrs), func(kv attribute.KeyValue) bool { return semconv.IsContent(kv.Key) })
}

// maxLevels and maxMembers bound what becomes maps and slices; what nests deeper
// or has more stays JSON. A level is three messages of protobuf, of which many
// decoders take no more than 100 within each other, and refuse the whole batch.
// And to package attribute each length is a type, which Go keeps for ever.
const (
	maxLevels  = 24
	maxMembers = 1024
)

// Structure puts the content in attrs, which is a JSON string as spans have it,
// into the maps and slices that events have.
func Structure(attrs []attribute.KeyValue) {
	for i := range attrs {
		switch attrs[i].Key {
		case semconv.GenAISystemInstructionsKey, semconv.GenAIInputMessagesKey,
			semconv.GenAIOutputMessagesKey, semconv.GenAIToolDefinitionsKey:
			c := jsonscan.New([]byte(attrs[i].Value.AsString()))
			if v := structure(&c, maxLevels); c.End() {
				attrs[i].Value = v
			}
		}
	}
}

// structure consumes one JSON value. Null is the empty value.
func structure(c *jsonscan.Cursor, levels int) attribute.Value {
	switch kind := c.Kind(); kind {
	case jsonscan.KindObject, jsonscan.KindArray:
		mark := c.Mark()
		if levels > 0 {
			if v, ok := structured(c, kind, levels-1); ok {
				return v
			}
		} else {
			c.Skip()
		}
		return attribute.StringValue(string(c.Since(mark)))
	case jsonscan.KindString:
		return attribute.StringValue(c.String())
	case jsonscan.KindNumber:
		return number(string(c.Raw()))
	}
	if v, ok := c.Bool(); ok {
		return attribute.BoolValue(v)
	}
	return attribute.Value{}
}

// structured consumes an object or an array; not ok if it has too many members.
func structured(c *jsonscan.Cursor, kind jsonscan.Kind, levels int) (v attribute.Value, ok bool) {
	if kind == jsonscan.KindObject {
		var members []attribute.KeyValue
		for c.Object(); c.Member(); {
			key := attribute.Key(c.Key())
			members = append(members, attribute.KeyValue{Key: key, Value: structure(c, levels)})
		}
		if len(members) > maxMembers {
			return v, false
		}
		return attribute.MapValue(members...), true
	}
	var elements []attribute.Value
	for c.Array(); c.Element(); {
		elements = append(elements, structure(c, levels))
	}
	if len(elements) > maxMembers {
		return v, false
	}
	return attribute.SliceValue(elements...), true
}

// number is an int if it is spelled as one that fits, a float if it fits there,
// and else its own text.
func number(literal string) attribute.Value {
	if n, err := strconv.ParseInt(literal, 10, 64); err == nil {
		return attribute.Int64Value(n)
	}
	if f, err := strconv.ParseFloat(literal, 64); err == nil {
		return attribute.Float64Value(f)
	}
	return attribute.StringValue(literal)
}

// repeated is what the text of a Go error repeats of a request or an answer: a URL,
// and what stands in quotes, also where the text ends before them. Both may hold
// credentials.
var repeated = regexp.MustCompile(`(?s)"(?:[^"\\]|\\.)*(?:"|\\?$)|\w+://\S+`)

// AppendException appends what [semconv.EventException] says of a failed call:
// what samplers see of it, and its failure. err is the Go error, if that is what
// it failed with; of its text, what it repeats of others is left out. text is
// about the longest message that is recorded, 0 for none. It is to be called after [Call.AppendEnd].
func (c *Call) AppendException(dst []attribute.KeyValue, err error, text int) []attribute.KeyValue {
	dst = c.AppendStart(dst)
	dst = append(dst, semconv.ErrorTypeKey.String(c.Failure.Type))
	kind, message := c.Failure.ProviderType, c.Failure.Message
	switch {
	case err != nil:
		kind = ErrorType(err)
	case kind == "":
		kind = c.Failure.Type
	}
	dst = append(dst, semconv.ExceptionTypeKey.String(kind))
	if text <= 0 {
		return dst
	}
	if err != nil {
		message = strings.ToValidUTF8(fmt.Sprint(err), "\uFFFD") // contains the panic of an Error method
		// An error may be as long as it likes, and to search it takes time.
		message = string(jsontrim.Cut([]byte(message), text))
		message = c.Redactor.Text(KindStatus, repeated.ReplaceAllString(message, `"..."`))
	}
	return appendString(dst, semconv.ExceptionMessageKey, message)
}
