// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"fmt"
	"net/http"
	"strings"
)

// misdeclared are bodies that are not what their headers say, and headers that are
// none.
func misdeclared(said string) []Fault {
	whole, stream := faultReply(said), wholeStream(said)
	wire := func(name, point, text string) Fault {
		return Fault{Name: name, Point: point, reply: always(Reply{Steps: []Step{Wire(text)}})}
	}
	head := func(contentType, length string) string {
		return "HTTP/1.1 200 OK\r\nContent-Type: " + contentType + "\r\n" + length + "\r\n"
	}
	length := func(n int) string { return fmt.Sprintf("Content-Length: %d\r\n", n) }
	saying := func(name, point, contentType, body string) Fault {
		return Fault{Name: name, Point: point, reply: always(typed(contentType, Write(body)))}
	}
	const chunked = "Transfer-Encoding: chunked\r\n"
	return []Fault{
		saying("wrong content type", "of a stream: JSON", jsonType, stream),
		saying("wrong content type", "of a stream: none", "", stream),
		saying("wrong content type", "of a stream: not to be parsed", "text/event-stream; =", stream),
		saying("wrong content type", "of a JSON reply: a stream", eventType, whole),
		saying("wrong content type", "of a JSON reply: none", "", whole),
		saying("a page instead of a reply", "with status 200", "text/html", "<html>"+said+"</html>"),
		saying("a body that is empty", "of a stream", eventType, ""),
		saying("a body that is empty", "of a JSON reply", jsonType, ""),
		wire("Content-Length too long", "of a stream", head(eventType, length(len(stream)+10))+stream),
		wire("Content-Length too long", "of a JSON reply", head(jsonType, length(len(whole)+10))+whole),
		wire("Content-Length too short", "of a stream", head(eventType, length(len(stream)/2))+stream),
		wire("Content-Length too short", "of a JSON reply", head(jsonType, length(len(whole)/2))+whole),
		wire("Content-Length that is no number", "of a JSON reply", head(jsonType, "Content-Length: many\r\n")+whole),
		wire("two lengths", "of a JSON reply", head(jsonType, length(len(whole))+length(len(whole)+1))+whole),
		wire("no length, as of HTTP/1.0", "a stream that breaks off", "HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"+stream[:len(stream)/2]),
		wire("a chunk without size", "inside a stream", head(eventType, chunked)+fmt.Sprintf("%x\r\n%s\r\nxyz\r\n", len(stream)/2, stream[:len(stream)/2])),
		wire("no HTTP", "instead of headers", said+"\r\n\r\n"),
		{Name: "slow drip", Point: "a stream byte by byte", reply: always(typed(eventType, Write(stream)).InPieces(1))},
		{Name: "slow drip", Point: "a JSON reply byte by byte", reply: always(typed(jsonType, Write(whole)).InPieces(1))},
	}
}

// preliminary are what comes before and behind a reply.
func preliminary(said string) []Fault {
	stream := wholeStream(said)
	hints := http.Header{"Link": {"</" + said + ">; rel=preload"}}
	informed := typed(eventType, Inform(100, nil), Inform(103, hints), Inform(103, hints), Write(stream))
	trailed := typed(eventType, Write(stream), Flush(), Trailer("X-Checksum", "abc"))
	return []Fault{
		{Name: "100 and 103", Point: "before a stream", reply: always(informed)},
		{Name: "103", Point: "before a stream by HTTP/2", http2: true, reply: always(informed)},
		{
			Name: "101", Point: "instead of a reply",
			reply: always(Reply{Steps: []Step{Wire("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n" + said)}}),
		},
		{Name: "trailers", Point: "after a stream", reply: always(trailed.With("Trailer", "X-Checksum"))},
		{Name: "trailers", Point: "after a stream, not announced", reply: always(trailed)},
		{Name: "trailers", Point: "after a stream by HTTP/2", http2: true, reply: always(trailed)},
	}
}

// redirected are redirects that keep the method and the body.
func redirected(said string) []Fault {
	var faults []Fault
	for _, status := range []int{http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		name := fmt.Sprintf("redirect %d", status)
		away := Raw(status, jsonType, `{"detail":"`+said+`"}`)
		again := away.With("Location", "?again="+strings.ReplaceAll(said, " ", "+"))
		faults = append(faults,
			Fault{Name: name, Point: "followed with the body", reply: func(try int, _ <-chan struct{}) Reply {
				if try == 1 {
					return again
				}
				return typed(eventType, Write(wholeStream(said)))
			}},
			Fault{Name: name, Point: "of a body that cannot be sent again", SentOnce: true, reply: always(again)},
			Fault{Name: name, Point: "without Location", reply: always(away)},
			Fault{Name: name, Point: "in a circle", reply: always(again)},
		)
	}
	return faults
}
