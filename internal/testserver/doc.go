// SPDX-License-Identifier: Apache-2.0

// Package testserver provides the two ends that a traced call needs, both over
// real HTTP on loopback: a Mistral API ([Mistral]) and an OTLP/HTTP endpoint for
// traces ([Receiver]). Tests and examples use it alike, so it does not import
// package testing, and it shares no code with the library, so that both cannot
// be wrong in the same way.
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
// [Bodies] lists the canned bodies, [Errors] every known way to be refused.
// [Mistral.Requests] tells what arrived, byte for byte, and how each exchange
// ended as the server saw it.
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
// them as protobuf, where an empty list is not an absent attribute.
//
// [NewLangfuse], [NewRespan] and [NewStudio] make receivers that take and refuse
// requests as those products do, so that a wrong request fails a test as it would
// fail for real.
package testserver
