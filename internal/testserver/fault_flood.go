// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"net/http"
	"strings"
)

// What floods are made of.
const (
	floodLine   = 100_000_000 // bytes
	floodEvents = 10_000_000
	floodBomb   = 100 << 20 // bytes, unpacked
	floodReads  = 16 << 20  // bytes, of what has no end
	floodBlock  = 64 << 10
)

// Floods are the faults that send more than anybody should hold in memory. The
// server makes up what it sends, and holds next to nothing either.
func Floods(said string) []Fault {
	stream := faultStream(said)
	rest := stream[1] + stream[2] + stream[3]
	padding := strings.Repeat("a", floodBlock)
	events := func(event string) string { return strings.Repeat(event, floodBlock/len(event)) }
	line := func(before, after string) Reply {
		return typed(eventType, Write(stream[0]+before), Repeat(floodLine/floodBlock+1, padding), Write(after+rest))
	}
	const longDelta = `data: {"id":"f1","choices":[{"index":0,"delta":{"content":"`
	endless := func(name, block string) Fault {
		return Fault{Name: name, Point: "until the caller closes", Reads: floodReads, reply: always(typed(eventType, Write(stream[0]), Repeat(-1, block)))}
	}
	empty := events("data:\n\n")
	faults := []Fault{
		{Name: "a line of 100 MB", Point: "that is text", reply: always(line(longDelta, `"}}]}`+"\n\n"))},
		{Name: "a line of 100 MB", Point: "that is no JSON", reply: always(line("data: ", "\n\n"))},
		{
			Name: "10 million empty events", Point: "in a stream",
			reply: always(typed(eventType, Write(stream[0]), Repeat(floodEvents*len("data:\n\n")/len(empty)+1, empty), Write(rest))),
		},
		endless("endless stream", events(stream[1])),
		endless("endless text of events that say nothing", events(": \n\n")),
		endless("an event that never ends", events("data: "+said+"\n")),
		endless("a line that never ends", padding),
	}
	return append(faults, bombs(said, stream)...)
}

// bombs are small as gzip has them, and large when they are unpacked.
func bombs(said string, stream [4]string) []Fault {
	// gzip allows for one file after another: so one megabyte, packed, is sent over
	// and over again.
	pack := func(text string) string {
		packed, _ := packGzip("", text)
		return packed
	}
	megabyte := pack(strings.Repeat("a", 1<<20))
	bomb := func(point string, status int, contentType, head, tail string) []Fault {
		body := pack(head) + strings.Repeat(megabyte, floodBomb>>20) + pack(tail)
		r := Raw(status, contentType, body).With("Content-Encoding", "gzip")
		return []Fault{
			{Name: "gzip bomb", Point: point, reply: always(r)},
			{Name: "gzip bomb", Point: point + " that the caller decodes", AcceptGzip: true, reply: always(r)},
		}
	}
	const before, after = `{"id":"f1","choices":[{"index":0,"finish_reason":"stop","message":{"content":"`, `"}}],"usage":` + faultUsage + `}`
	faults := bomb("in a JSON reply", http.StatusOK, jsonType, before, after)
	faults = append(faults, bomb("in a stream", http.StatusOK, eventType,
		stream[0]+`data: {"choices":[{"index":0,"delta":{"content":"`, `"}}]}`+"\n\n"+stream[1]+stream[2]+stream[3])...)
	return append(faults, bomb("in an error", http.StatusBadRequest, jsonType, `{"object":"error","message":"`+said, `","code":"3000"}`)...)
}
