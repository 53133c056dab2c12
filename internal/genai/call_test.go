// SPDX-License-Identifier: Apache-2.0

package genai

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/otel/attribute"
)

// A record that waits for its next call holds no content of the last one, and
// little memory.
func TestResetKeepsMemoryAndNothingInIt(t *testing.T) {
	for _, tt := range []struct {
		n    int
		kept bool
	}{{3, true}, {2000, false}} {
		c := Call{
			Extra: make([]attribute.KeyValue, tt.n), Attributes: make([]attribute.KeyValue, tt.n),
			Request:  Request{Messages: make([]Message, tt.n), Tools: make([]Tool, tt.n)},
			Response: Response{Choices: make([]Choice, tt.n)},
		}
		for i := range tt.n {
			c.Extra[i], c.Attributes[i] = attribute.String("a", "b"), attribute.String("c", "d")
			c.Request.Messages[i].Name, c.Request.Tools[i].Name = "e", "f"
			c.Response.Choices[i].FinishReason = "g"
		}
		c.Reset()
		for name, slice := range map[string]any{
			"extra": c.Extra, "attributes": c.Attributes, "messages": c.Request.Messages, "tools": c.Request.Tools,
			"choices": c.Response.Choices,
		} {
			v := reflect.ValueOf(slice)
			assert.Zero(t, v.Len(), name)
			assert.Equal(t, tt.kept, v.Cap() > 0, name)
			for i := range v.Cap() {
				assert.True(t, v.Slice(0, v.Cap()).Index(i).IsZero(), "%s holds something of the last call", name)
			}
		}
	}
}
