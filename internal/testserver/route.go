// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"net/http"
	"slices"
	"strings"
)

// route is one endpoint: the method, how the path ends, and who answers. An
// asterisk stands for one segment, which the answering method gets.
type route struct {
	method, path string
	answer       func(m model, r *Request, ids []string) Reply
}

// routes are tried in order: a path that ends as another does comes before it.
var routes = []route{
	{http.MethodPost, "chat/completions", model.chat},
	{http.MethodPost, "fim/completions", model.fim},
	{http.MethodPost, "agents/completions", model.agent},
	{http.MethodPost, "embeddings", model.embeddings},
	{http.MethodPost, "ocr", model.ocr},
	{http.MethodPost, "audio/transcriptions", model.transcribe},
	{http.MethodPost, "audio/speech", model.speak},
	{http.MethodPost, "chat/moderations", model.moderateChat},
	{http.MethodPost, "moderations", model.moderate},
	{http.MethodPost, "chat/classifications", model.classifyChat},
	{http.MethodPost, "classifications", model.classify},
	{http.MethodPost, "conversations", model.startConversation},
	{http.MethodPost, "conversations/*", model.appendToConversation},
	{http.MethodPost, "conversations/*/restart", model.restartConversation},
	{http.MethodPost, "agents", model.createAgent},
	{http.MethodPatch, "agents/*", model.updateAgent},
	{http.MethodDelete, "agents/*", model.deleteAgent},
	{http.MethodPost, "connectors/*/tools/*/call", model.callConnector},
	{http.MethodPost, "workflows/*/execute", model.executeWorkflow},
	{http.MethodGet, "models", model.listModels},
	{http.MethodGet, "files", model.listFiles},
	{http.MethodPost, "files", model.uploadFile},
}

// routed returns who answers r. Where nobody does, answer refuses it.
func routed(r *Request) (answer func(model) Reply, found bool) {
	path, _, _ := strings.Cut(r.Target, "?")
	var allowed []string
	for _, route := range routes {
		ids, ok := ending(path, route.path)
		switch {
		case !ok:
		case r.Method == route.method:
			return func(m model) Reply { return route.answer(m, r, ids) }, true
		default:
			allowed = append(allowed, route.method)
		}
	}
	if len(allowed) == 0 {
		return func(model) Reply { return ErrorNamed("404 no route").Reply() }, false
	}
	return func(model) Reply {
		return JSON(http.StatusMethodNotAllowed, `{"detail":"Method Not Allowed"}`).
			With("Allow", strings.Join(slices.Compact(allowed), ", ")).Chunked()
	}, false
}

// ending tells whether path ends in the segments of pattern, and returns those
// that stand for an asterisk.
func ending(path, pattern string) (ids []string, ok bool) {
	have, want := strings.Split(path, "/"), strings.Split(pattern, "/")
	skip := len(have) - len(want)
	if skip < 1 { // the path starts with a slash
		return nil, false
	}
	for i, segment := range have[skip:] {
		switch {
		case want[i] == "*" && segment != "":
			ids = append(ids, segment)
		case want[i] != segment:
			return nil, false
		}
	}
	return ids, true
}
