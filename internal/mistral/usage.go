// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/jsonscan"
)

// readUsage consumes a usage object. A value that tells nothing, such as null,
// leaves call as it is. Streams may send usage more than once; the last one
// counts.
func readUsage(c *jsonscan.Cursor, call *genai.Call) {
	if !c.Object() {
		return
	}
	var u genai.Usage
	var details, oldDetails, oldest genai.Opt[int64]
	for c.Member() {
		switch string(c.Key()) {
		case "prompt_tokens":
			setCount(c, &u.Input)
		case "completion_tokens":
			setCount(c, &u.Output)
		case "prompt_tokens_details":
			readDetails(c, "cached_tokens", &details, "audio_tokens", &u.Audio)
		case "prompt_token_details": // an older spelling
			readDetails(c, "cached_tokens", &oldDetails, "", nil)
		case "num_cached_tokens": // the oldest
			setCount(c, &oldest)
		case "completion_tokens_details":
			readDetails(c, "reasoning_tokens", &u.Reasoning, "", nil)
		case "prompt_audio_seconds":
			if f, ok := c.Float(); ok && f >= 0 {
				u.AudioSeconds = genai.Some(f)
			}
		case "service_tier":
			call.Response.ServiceTier = clip(c.String())
		default:
			c.Skip()
		}
	}
	for _, cached := range []genai.Opt[int64]{details, oldDetails, oldest} {
		if cached.Set {
			u.Cached = cached
			break
		}
	}
	// Mistral leaves audio out of prompt_tokens; the conventions' input tokens
	// are all of them. Cached tokens are part of prompt_tokens already.
	if u.Input.Set && u.Audio.Set {
		u.Input.Value += u.Audio.Value
	}
	if u != (genai.Usage{}) {
		call.Usage = u
	}
}

// readDetails reads one or two counts out of a details object, which may be
// null.
func readDetails(c *jsonscan.Cursor, a string, av *genai.Opt[int64], b string, bv *genai.Opt[int64]) {
	if !c.Object() {
		return
	}
	for c.Member() {
		switch string(c.Key()) {
		case a:
			setCount(c, av)
		case b:
			setCount(c, bv)
		default:
			c.Skip()
		}
	}
}

// setCount reads a token count. Negative ones say nothing, nor do those that
// could overflow a sum.
func setCount(c *jsonscan.Cursor, v *genai.Opt[int64]) {
	if n, ok := c.Int(); ok && 0 <= n && n < 1<<53 {
		*v = genai.Some(n)
	}
}
