// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"embed"
	"io/fs"
	"path"
)

// The bodies are written by hand, in the shapes that recordings and the
// published schema show. replies/README.md says what each is for.
//
//go:embed replies/*.json replies/*.sse
var replies embed.FS

// Body returns the canned body with that name, such as "chat.json" or
// "stream.sse". It panics if there is none.
func Body(name string) string {
	body, err := fs.ReadFile(replies, path.Join("replies", name))
	if err != nil {
		panic("testserver: no body is named " + name)
	}
	return string(body)
}

// Bodies returns the names of all canned bodies, sorted. Those that end in .json
// are whole replies, those that end in .sse are streams.
func Bodies() []string {
	entries, err := replies.ReadDir("replies")
	if err != nil {
		panic("testserver: " + err.Error()) // the folder is part of the program
	}
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = entry.Name()
	}
	return names
}

// Canned returns the reply 200 with the canned body of that name, as a stream if
// the name ends in .sse. It panics if there is none.
func Canned(name string) Reply {
	if path.Ext(name) == ".sse" {
		return SSE(Body(name))
	}
	return JSON(200, Body(name)).Chunked()
}
