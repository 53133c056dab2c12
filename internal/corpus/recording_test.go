// SPDX-License-Identifier: Apache-2.0

// Package corpus_test replays recorded traffic, and exchanges made up by hand,
// through the transport over real HTTP, and compares the spans with a second,
// independent reading of the same bytes.
package corpus_test

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/internal/testenv"
)

// exchange is one request with the reply to it.
type exchange struct {
	name   string
	method string
	url    string
	status int
	stream bool
	// requestHeader and replyHeader lack what belongs to one connection only.
	requestHeader http.Header
	replyHeader   http.Header
	request       []byte
	reply         []byte
}

// recordings reads all recordings.
func recordings(t *testing.T) []exchange {
	t.Helper()
	root := testenv.Shared(t, "cassettes")
	var all []exchange
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".meta.json") {
			all = append(all, readRecording(t, root, path))
		}
		return err
	})
	require.NoError(t, err)
	return all
}

// chatRecordings reads the recordings of chat calls.
func chatRecordings(t *testing.T) []exchange {
	t.Helper()
	return slices.DeleteFunc(recordings(t), func(x exchange) bool {
		e := x.endpoint()
		return e == nil || e.path != chatPath
	})
}

func readRecording(t *testing.T, root, path string) exchange {
	t.Helper()
	var meta struct {
		Method          string
		URL             string
		Status          int
		Stream          bool
		ContentType     string            `json:"content_type"`
		RequestFile     string            `json:"request_file"`
		ResponseFile    string            `json:"response_file"`
		RequestHeaders  map[string]string `json:"request_headers"`
		ResponseHeaders map[string]string `json:"response_headers"`
	}
	require.NoError(t, json.Unmarshal(readFile(t, path), &meta), path)
	name, err := filepath.Rel(root, strings.TrimSuffix(path, ".meta.json"))
	require.NoError(t, err)
	x := exchange{
		name:          filepath.ToSlash(name),
		method:        meta.Method,
		url:           meta.URL,
		status:        meta.Status,
		stream:        meta.Stream,
		requestHeader: header(meta.RequestHeaders),
		replyHeader:   header(meta.ResponseHeaders),
	}
	if meta.ContentType != "" {
		x.replyHeader.Set("Content-Type", meta.ContentType)
	}
	if meta.RequestFile != "" {
		x.request = readFile(t, filepath.Join(filepath.Dir(path), meta.RequestFile))
	}
	if meta.ResponseFile != "" {
		x.reply = readFile(t, filepath.Join(filepath.Dir(path), meta.ResponseFile))
	}
	return x
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return b
}

// header leaves out what net/http sets itself.
func header(fields map[string]string) http.Header {
	h := http.Header{}
	for k, v := range fields {
		switch strings.ToLower(k) {
		case "transfer-encoding", "connection", "date", "content-length", "content-encoding", "host", "accept-encoding":
		default:
			h.Set(k, v)
		}
	}
	return h
}

func TestEveryChatCaseOfTheIndexIsReplayed(t *testing.T) {
	promised := 0
	for line := range strings.Lines(string(readFile(t, testenv.Shared(t, "cassettes/INDEX.md")))) {
		row := strings.Split(line, "|")
		if len(row) < 6 {
			continue
		}
		switch kind := strings.TrimSpace(row[2]); {
		case kind == "chat moderation":
		case kind == "chat", strings.HasPrefix(kind, "chat,"), strings.HasPrefix(kind, "chat stream"), kind == "error":
			promised++
		}
	}
	require.GreaterOrEqual(t, promised, 80, "INDEX.md is read wrongly")

	chats := chatRecordings(t)
	assert.Len(t, chats, promised)
	streams, refused := 0, 0
	for i := range chats {
		assert.NotEmpty(t, chats[i].request, chats[i].name)
		assert.NotEmpty(t, chats[i].reply, chats[i].name)
		if chats[i].stream {
			streams++
		}
		if chats[i].status >= 400 {
			refused++
		}
	}
	assert.GreaterOrEqual(t, streams, 20)
	assert.Positive(t, refused)
}
