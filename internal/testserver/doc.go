// SPDX-License-Identifier: Apache-2.0

// Package testserver provides the two ends that a traced call needs, both over
// real HTTP on loopback: a Mistral API ([Mistral]) and an OTLP/HTTP endpoint
// ([Receiver]). Tests and examples use it alike, so it does not import package
// testing, and it shares no code with the library, so that both cannot be wrong in
// the same way.
//
// # A Mistral API
//
// Without a script the server answers as a small Mistral does: it checks the
// key and the request, chats, streams, thinks (magistral models, or
// reasoning_effort high), calls the first tool that it is offered and answers
// once it has the result. The same request always gets the same reply.
//
//	mistral := testserver.NewMistral()
//	defer mistral.Close()
//	client.BaseURL = mistral.URL + "/v1"
//
// It serves every endpoint that runs a model, in the shapes of recordings, or of
// the published schema where there is none. It remembers nothing: any id of an
// agent (ag_...) or of a conversation (conv_...) is known. What it answers follows
// from the request:
//
//   - chat, FIM and agents completions: see above; an agent's model is
//     mistral-small-2506
//   - conversations: each tool that the server runs (of another type than
//     function) is executed, then functions are called or a message is written; the
//     words "hand off to NAME" in the prompt make an agent hand off; see [WithClock]
//   - embeddings: any number of texts, any dimension, each encoding and type
//   - OCR: the pages that are asked for; the document is told by its name
//   - transcription and speech: a second for each 32,000 bytes of a recording
//   - moderations flag words such as "kill" (violence_and_threats) or "@" (pii),
//     classifications have the target intent: question or statement
//   - agents are what the request makes them, connectors run any tool, workflows
//     run when the request waits for them
//   - models and files are there to show that such requests are left alone
//
// A script is a queue of replies. A [Reply] is a status, headers and a list of
// steps, which combine freely:
//
//	mistral.Enqueue(
//		testserver.ErrorNamed("429 rate limited").Reply(),
//		testserver.JSON(200, testserver.Body("chat.json")).Compressed("gzip"),
//		testserver.SSE(testserver.Body("stream.sse")).InPieces(7),
//		testserver.Stream(
//			testserver.Event(`{"choices":[{"index":0,"delta":{"content":"Hel"}}]}`),
//			testserver.Pause(time.Second),
//			testserver.Cut(),
//		),
//	)
//
// A script for an endpoint with named events starts from what the server would
// have answered, or from [NamedEvent]. It knows the request from [WithHandler]:
//
//	testserver.WithHandler(func(r testserver.Request) (testserver.Reply, bool) {
//		failed := testserver.NamedEvent("conversation.response.error",
//			`{"type":"conversation.response.error","message":"internal error","code":500}`)
//		return testserver.Answer(r).Until(2, failed), true
//	})
//
// [Saying] and [Calling] answer on every path on which the model talks. [Bodies]
// lists the canned bodies, [Errors] every known way to be refused.
// [Mistral.Requests] tells what arrived, byte for byte, and how each exchange
// ended as the server saw it.
//
// [Faults] lists all ways in which this end goes wrong, from a refused connection
// to JSON that nests 100,000 deep, and [Floods] those that send more than anybody
// should hold.
//
// # An OTLP endpoint
//
//	receiver := testserver.NewReceiver(testserver.WithRequiredHeader("Authorization", "Bearer key"))
//	defer receiver.Close()
//	receiver.Enqueue(testserver.Response{Status: 503, Header: http.Header{"Retry-After": {"1"}}})
//	...
//	spans, err := receiver.Wait(ctx, 2)
//
// The spans come back as [go.opentelemetry.io/otel/sdk/trace/tracetest.SpanStubs],
// which print, compare and turn into read-only spans; [Receiver.WireSpans] returns
// them as protobuf, where an empty list is not an absent attribute. What came as
// metrics and logs is in [Receiver.SignalExports].
//
// [NewLangfuse], [NewRespan] and [NewStudio] make receivers that take and refuse
// requests as those products do, so that a wrong request fails a test as it would
// fail for real.
package testserver
