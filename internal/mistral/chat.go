// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"time"

	"github.com/otelmistral/otelmistral/internal/genai"
)

// chatEndpoint reads /v1/chat/completions.
//
// https://docs.mistral.ai/api/endpoint/chat
var chatEndpoint = endpoint{request: chatRequest, reply: chatReply, stream: chatStream}

func chatStream(call *genai.Call, start time.Time, l Limits) Reply { return newStream(call, start, l) }
