// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"cmp"
	"encoding/base64"
	"maps"
	"net/http"
	"strconv"

	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/jsonscan"
	"github.com/otelmistral/otelmistral/internal/jsontrim"
	"github.com/otelmistral/otelmistral/internal/scope"
	"github.com/otelmistral/otelmistral/semconv"
)

// Respan's gateway takes parameters of its own beside those of a chat call.
// Those that say whom and what the call is for are read, the others are not:
// there are credentials among them.
//
// https://github.com/Keywords-AI/docs/blob/main/apis/develop/gateway/chat-completions.mdx

// isRespan tells whether host is Respan's gateway, also under its former name.
func isRespan(host string) bool {
	return inDomain(host, "respan.ai") || inDomain(host, "keywordsai.co")
}

// identifiers are the parameters that are strings or numbers, with what they
// are on a span.
var identifiers = map[string]attribute.Key{
	"customer_identifier": semconv.UserIDKey,
	"thread_identifier":   semconv.GenAIConversationIDKey,
	"group_identifier":    semconv.GroupKey,
	"custom_identifier":   semconv.CustomIDKey,
}

// customer is the same for the members of customer_params.
var customer = map[string]attribute.Key{
	"customer_identifier": semconv.UserIDKey,
	"group_identifier":    semconv.GroupKey,
	"name":                semconv.CustomerNameKey,
	"email":               semconv.CustomerEmailKey,
}

// maxMetadata is how many members of one object of metadata are read.
const maxMetadata = 64

func shapesOf(names map[string]attribute.Key) map[string]*jsontrim.Shape {
	shapes := map[string]*jsontrim.Shape{}
	for name := range names {
		shapes[name] = jsontrim.Keep
	}
	return shapes
}

// parameterShapes has the members that readParameters reads, without those that
// hold the same once more.
func parameterShapes() map[string]*jsontrim.Shape {
	shapes := shapesOf(identifiers)
	shapes["customer_params"] = jsontrim.Members(shapesOf(customer))
	shapes["metadata"] = jsontrim.Keep.Without(genai.Secrets...)
	shapes["properties"] = shapes["metadata"]
	return shapes
}

var (
	respanParameters = jsontrim.Members(parameterShapes())

	// respanChatEndpoint reads chats through the gateway. Their metadata is
	// Respan's, not Mistral's.
	respanChatEndpoint = endpoint{
		request: document{
			lean:   jsontrim.Members(withRespan(chatParameters())),
			full:   jsontrim.Members(withRespan(chatContent())),
			member: respanChatMember,
			whole:  identify,
		},
		reply:   chatReply,
		stream:  chatStream,
		headers: readRespanHeader,
	}
)

func withRespan(members map[string]*jsontrim.Shape) map[string]*jsontrim.Shape {
	maps.Copy(members, parameterShapes())
	members["respan_params"] = respanParameters
	members["keywordsai_params"] = respanParameters
	return members
}

func respanChatMember(r *reading, c *jsonscan.Cursor) {
	if string(c.Key()) == "metadata" {
		c.Skip()
	} else {
		chatRequestMember(r, c)
	}
}

// identify records the parameters in a trimmed body or header over those that
// are recorded.
func identify(trimmed []byte, call *genai.Call) {
	call.Extra = scope.Merge(call.Extra, readParameters(trimmed))
}

// readRespanHeader reads the parameters in the headers of a request: base64 of
// a JSON object.
func readRespanHeader(h http.Header, call *genai.Call) {
	encoded := cmp.Or(h.Get("X-Data-Respan-Params"), h.Get("X-Data-Keywordsai-Params"))
	if encoded == "" || len(encoded) > jsontrim.Reserve {
		return
	}
	data, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return
	}
	var t jsontrim.Trimmer
	t.Reset(respanParameters, Limits{}.trim())
	_, _ = t.Write(data)
	identify(t.End(), call)
}

// readParameters reads the parameters out of their trimmed copy. The closer
// something stands to the call, the more it counts: a parameter of the body
// wins over one in an object of the body.
func readParameters(trimmed []byte) []attribute.KeyValue {
	var params, customerParams, properties, metadata, own []attribute.KeyValue
	c := jsonscan.New(trimmed)
	if !c.Object() {
		return nil
	}
	for c.Member() {
		switch name := string(c.Key()); name {
		case "respan_params", "keywordsai_params":
			params = readParameters(c.Raw())
		case "customer_params":
			customerParams = readCustomer(&c)
		case "properties":
			properties = readMetadata(&c)
		case "metadata":
			metadata = readMetadata(&c)
		default:
			own = appendIdentifier(own, identifiers[name], &c)
		}
	}
	var all []attribute.KeyValue
	for _, kvs := range [...][]attribute.KeyValue{params, customerParams, properties, metadata, own} {
		all = scope.Merge(all, kvs)
	}
	return all
}

func readCustomer(c *jsonscan.Cursor) (kvs []attribute.KeyValue) {
	if !c.Object() {
		return nil
	}
	for c.Member() {
		kvs = appendIdentifier(kvs, customer[string(c.Key())], c)
	}
	return kvs
}

// appendIdentifier consumes a value and appends it, unless it says nothing or
// nobody asks for it.
func appendIdentifier(dst []attribute.KeyValue, k attribute.Key, c *jsonscan.Cursor) []attribute.KeyValue {
	var id string
	if c.Kind() == jsonscan.KindNumber {
		id = string(c.Raw())
	} else {
		id = c.String()
	}
	if k == "" || id == "" {
		return dst
	}
	return append(dst, k.String(clip(id)))
}

// readMetadata reads an object as metadata of the span: strings, numbers and
// booleans as they are, what has a structure as JSON.
func readMetadata(c *jsonscan.Cursor) (kvs []attribute.KeyValue) {
	if !c.Object() {
		return nil
	}
	for c.Member() {
		k := attribute.Key(semconv.MetadataPrefix + string(c.Key()))
		v := readMetadataValue(c)
		if v.Type() != attribute.EMPTY && k != semconv.MetadataPrefix && len(kvs) < maxMetadata {
			kvs = append(kvs, attribute.KeyValue{Key: k, Value: v})
		}
	}
	return kvs
}

// readMetadataValue returns no value for null, and for a structure that is
// longer than a string may be: cut, it would not be JSON any more.
func readMetadataValue(c *jsonscan.Cursor) (v attribute.Value) {
	switch c.Kind() {
	case jsonscan.KindString:
		return attribute.StringValue(c.String())
	case jsonscan.KindTrue, jsonscan.KindFalse:
		b, _ := c.Bool()
		return attribute.BoolValue(b)
	case jsonscan.KindObject, jsonscan.KindArray:
		if raw := c.Raw(); len(raw) <= maxLean {
			v = attribute.StringValue(string(raw))
		}
		return v
	}
	raw := string(c.Raw()) // a number, or null
	if i, err := strconv.ParseInt(raw, 10, 64); err == nil {
		return attribute.Int64Value(i)
	}
	if f, err := strconv.ParseFloat(raw, 64); err == nil {
		return attribute.Float64Value(f)
	}
	return v
}
