// SPDX-License-Identifier: Apache-2.0

package genai

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/semconv"
)

func TestNewestHasTextInstructionsOnlyAndNamesTheReasonThatNeverCame(t *testing.T) {
	for v, want := range map[semconv.Vocabulary]struct {
		instructions string
		reasons      []string
	}{
		semconv.Released: {`[{"type":"text","content":"be brief"},{"type":"uri","modality":"image","uri":"https://x/y"}]`, []string{"stop", "unknown"}},
		semconv.Newest:   {`[{"type":"text","content":"be brief"}]`, []string{"stop", "error"}},
	} {
		c := Call{
			Vocabulary: v, Operation: semconv.OperationChat, Outcome: semconv.OutcomeCancelled,
			Request: Request{Instructions: []Part{
				{Type: PartText, JSON: []byte(`"be brief"`)}, {Type: PartURI, Modality: "image", Text: "https://x/y"},
			}},
			Response: Response{Choices: []Choice{{FinishReason: "stop"}, {Index: 1}}},
		}
		got := map[attribute.Key]attribute.Value{}
		for _, kv := range c.AppendEnd(nil) {
			got[kv.Key] = kv.Value
		}
		assert.Equal(t, want.instructions, got[semconv.GenAISystemInstructionsKey].AsString())
		assert.Equal(t, want.reasons, got[semconv.GenAIResponseFinishReasonsKey].AsStringSlice())
	}
}
