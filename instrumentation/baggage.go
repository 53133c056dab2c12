// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"context"
	"encoding/json"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"

	"github.com/otelmistral/otelmistral/internal/scope"
	"github.com/otelmistral/otelmistral/semconv"
)

// crosses tells which attributes travel to other services: those that say whom
// a trace is about. Where a service runs and what release it is, it says itself.
func crosses(k attribute.Key) bool {
	switch k {
	case semconv.UserIDKey, semconv.SessionIDKey, semconv.GenAIConversationIDKey, semconv.TraceNameKey, semconv.TagsKey:
		return true
	}
	return strings.HasPrefix(string(k), semconv.MetadataPrefix)
}

// intoBaggage adds what ctx carries to its baggage. Members have the names of
// the attributes; tags are a JSON array. What the limits of baggage do not take
// is left out.
func intoBaggage(ctx context.Context) context.Context {
	bag := baggage.FromContext(ctx)
	for _, kv := range scope.Attributes(ctx) {
		if !crosses(kv.Key) {
			continue
		}
		member, err := baggage.NewMemberRaw(string(kv.Key), kv.Value.String())
		if err != nil {
			continue
		}
		if larger, err := bag.SetMember(member); err == nil {
			bag = larger
		}
	}
	return baggage.ContextWithBaggage(ctx, bag)
}

// fromBaggage is the other side of intoBaggage. Values are strings there.
func fromBaggage(ctx context.Context) []attribute.KeyValue {
	bag := baggage.FromContext(ctx)
	if bag.Len() == 0 {
		return nil
	}
	var all []scope.Attribute
	for _, m := range bag.Members() {
		key := attribute.Key(m.Key())
		switch {
		case !crosses(key):
		case key == semconv.TagsKey:
			var tags []string
			if json.Unmarshal([]byte(m.Value()), &tags) == nil {
				all = append(all, Tags(tags...))
			}
		default:
			all = append(all, scope.NewAttribute(key.String(m.Value())))
		}
	}
	return scope.KeyValues(all)
}
