// SPDX-License-Identifier: Apache-2.0

// Package instrumentationtest tests code that calls Mistral, and what it leaves
// in traces. It needs no key and no network: [New] starts a small Mistral on
// loopback and an Instrumentation that records spans in memory, and stops both
// when the test ends.
//
//	env := instrumentationtest.New(t)
//	answer, err := myapp.Ask(env.Context(), env.Client(), env.URL)
//	spans := env.Spans()
//
// Each Env stands alone, so tests may run in parallel.
//
// # Replies
//
// Without a script the server answers as a small Mistral does: it checks the key
// (any will do) and the request, chats, streams, calls the tool that fits the
// prompt and answers from its result. The same request always gets the same
// reply. It serves every endpoint that runs a model: completions, conversations
// and agents, embeddings, OCR, audio, moderations and classifications. It
// remembers nothing, and knows any id of an agent (ag_...) or a conversation
// (conv_...). [Env.Reply] scripts the next replies, on any path:
//
//	env.Reply(
//		instrumentationtest.Error(429, ""),
//		instrumentationtest.Text("Paris."),
//	)
//
// # Environment
//
//   - OTEL_SDK_DISABLED: "true" makes New fail the test, since nothing would be
//     recorded
//   - OTEL_TRACES_SAMPLER and the other variables of package instrumentation hold
//     here as they do there, but none of them adds a destination, and content is
//     captured unless an option says otherwise
package instrumentationtest
