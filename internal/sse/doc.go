// SPDX-License-Identifier: Apache-2.0

// Package sse decodes server-sent events from bytes as an HTTP caller happens to read them.
//
// The decoder is pushed, it never reads: it can watch a response body without reading ahead of the caller. It
// follows the WHATWG rules, https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream,
// with these deliberate differences:
//
//   - Data is handed out as the bytes that came: NUL and invalid UTF-8 are not replaced.
//   - id and retry are ignored, since nothing here reconnects.
//   - [Decoder.Flush] hands out a last event that no blank line ends; the specification discards it.
//   - Memory is bounded: data is cut at the decoder's limit, an event name at 256 bytes.
package sse
