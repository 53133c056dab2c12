// SPDX-License-Identifier: Apache-2.0

package respan

import (
	"strconv"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
)

// The attributes of the messages of a call, for example gen_ai.prompt.0.role.
var (
	promptKeys     = messageKeys{prefix: "gen_ai.prompt."}
	completionKeys = messageKeys{prefix: "gen_ai.completion."}
)

// messageKeys has the keys of a list of messages. They are the same for every
// call, so they are made once, for as many messages as the longest list had: for
// [MaxIndexedMessages] they take about a megabyte. It is safe for concurrent
// use.
type messageKeys struct {
	prefix string
	made   atomic.Pointer[[]memberKeys]
}

// memberKeys has the keys of one message.
type memberKeys struct{ role, content, toolCalls, toolCallID, finishReason attribute.Key }

// of returns the keys of message n.
func (k *messageKeys) of(n int) *memberKeys {
	made := k.made.Load()
	if made == nil || n >= len(*made) {
		made = k.make(min(max(16, 2*n), MaxIndexedMessages))
		k.made.Store(made) // who makes them at the same time makes the same
	}
	return &(*made)[n]
}

func (k *messageKeys) make(length int) *[]memberKeys {
	made := make([]memberKeys, length)
	for n := range made {
		message := attribute.Key(k.prefix + strconv.Itoa(n))
		made[n] = memberKeys{
			role: message + ".role", content: message + ".content", toolCalls: message + ".tool_calls",
			toolCallID: message + ".tool_call_id", finishReason: message + ".finish_reason",
		}
	}
	return &made
}
