// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"maps"
	"net/http"
	"slices"
)

// ErrorCase is one shape in which a call is refused, and what a careful reader
// finds in it.
type ErrorCase struct {
	// Name starts with the status, such as "429 rate limited".
	Name   string
	Status int
	Header http.Header
	Body   string
	// Code and Type are Mistral's own, as text; empty where the body has none.
	Code, Type string
	// Message is part of what the body says to a human; empty where it says
	// nothing.
	Message string
	// Gateway tells whether the reply carries the headers of Mistral's gateway.
	Gateway bool
}

// Reply returns the reply that refuses a call in this shape. It has no
// Content-Length where Mistral's gateway answers, as on the real wire.
func (e ErrorCase) Reply() Reply {
	r := Reply{Status: e.Status, Header: e.Header.Clone(), Gateway: e.Gateway}
	if e.Body != "" {
		r.Steps = []Step{Write(e.Body)}
	}
	if e.Gateway {
		r = r.Chunked()
	}
	return r
}

// Errors returns every known error shape: Mistral's models, its gateway, and
// what stands in front of them. The slice and its headers are the caller's.
func Errors() []ErrorCase {
	out := slices.Clone(errorCases)
	for i := range out {
		header := http.Header{"Content-Type": {"application/json"}}
		maps.Copy(header, out[i].Header.Clone())
		out[i].Header = header
	}
	return out
}

// ErrorNamed returns the case of [Errors] with that name. It panics if there is
// none.
func ErrorNamed(name string) ErrorCase {
	all := Errors()
	i := slices.IndexFunc(all, func(e ErrorCase) bool { return e.Name == name })
	if i < 0 {
		panic("testserver: no error case is named " + name)
	}
	return all[i]
}

// noContentType keeps net/http from guessing a content type.
var noContentType = http.Header{"Content-Type": nil}

var errorCases = []ErrorCase{
	{
		Name: "400 invalid model", Status: 400, Gateway: true,
		Body: `{"object":"error","message":"Invalid model: no-such-model","type":"invalid_model","param":null,"code":"1500","raw_status_code":400}`,
		Code: "1500", Type: "invalid_model", Message: "Invalid model: no-such-model",
	},
	{
		Name: "400 invalid arguments", Status: 400, Gateway: true,
		Body: `{"object":"error","message":"logprobs is not supported","type":"invalid_request_invalid_args","param":null,"code":"3051","raw_status_code":400}`,
		Code: "3051", Type: "invalid_request_invalid_args", Message: "logprobs is not supported",
	},
	{
		Name: "400 invalid prompt", Status: 400, Gateway: true,
		Body: `{"object":"error","message":"Expected last role User or Tool but got assistant","type":"invalid_request_prompt","param":null,"code":"3210","raw_status_code":400}`,
		Code: "3210", Type: "invalid_request_prompt", Message: "Expected last role User or Tool",
	},
	{
		Name: "401 unauthorized", Status: 401, Gateway: true,
		Body:    `{"detail":"Unauthorized"}`,
		Message: "Unauthorized",
	},
	{
		Name: "401 invalid key", Status: 401, Gateway: true,
		Body:    `{"detail":"Invalid API Key"}` + "\n",
		Message: "Invalid API Key",
	},
	{
		Name: "401 from Kong", Status: 401, Gateway: true,
		Body:    "{\n  \"message\":\"Unauthorized\",\n  \"request_id\":\"0f1e2d3c4b5a69788796a5b4c3d2e1f0\"\n}",
		Message: "Unauthorized",
	},
	{
		Name: "403 guardrail", Status: 403, Gateway: true,
		Body:    `{"error":{"message":"Content blocked by guardrail","status":403},"guardrails":{"moderation_llm_v2":{"violence":true}}}`,
		Message: "Content blocked by guardrail",
	},
	{
		Name: "403 guardrail with a numeric code", Status: 403, Gateway: true,
		Body: `{"object":"Error","message":"Blocked by moderation","type":"invalid_request_error","code":3201,"guardrails":[{"name":"moderation_llm_v2"}]}`,
		Code: "3201", Type: "invalid_request_error", Message: "Blocked by moderation",
	},
	{
		Name: "404 not found", Status: 404, Gateway: true,
		Body:    `{"detail":"Not Found"}`,
		Message: "Not Found",
	},
	{
		Name: "404 no route", Status: 404, Gateway: true,
		Body:    "{\n  \"message\":\"no Route matched with those values\",\n  \"request_id\":\"0f1e2d3c4b5a69788796a5b4c3d2e1f0\"\n}",
		Message: "no Route matched with those values",
	},
	{
		Name: "422 object message", Status: 422, Gateway: true,
		Body: `{"object":"error","message":{"detail":[{"type":"missing","loc":["body","messages"],"msg":"Field required",` +
			`"input":{"model":"mistral-small-latest","secret":"repeated from the request"}}]},"type":"invalid_request_error","param":null,"code":null}`,
		Type: "invalid_request_error", Message: "Field required",
	},
	{
		Name: "422 list message", Status: 422, Gateway: true,
		Body: `{"object":"Error","detail":[{"type":"missing","loc":["body","inputs"],"msg":"Field required","input":{}}],` +
			`"message":[{"type":"missing","loc":["body","inputs"],"msg":"Field required","input":{}}],"type":"invalid_request_error","code":3001}`,
		Code: "3001", Type: "invalid_request_error", Message: "Field required",
	},
	{
		Name: "422 detail only", Status: 422, Gateway: true,
		Body:    `{"detail":[{"loc":["body","temperature"],"msg":"Input should be less than or equal to 1.5","type":"less_than_equal"}]}`,
		Message: "Input should be less than or equal to 1.5",
	},
	{
		Name: "422 JSON inside a string", Status: 422, Gateway: true,
		Body: `{"object":"error","message":"{\"detail\":[{\"type\":\"extra_forbidden\",\"loc\":[\"body\",\"max_completion_tokens\"],` +
			`\"msg\":\"Extra inputs are not permitted\",\"input\":16}]}","type":"internal_error_proxy","param":null,"code":"1000"}`,
		Code: "1000", Type: "internal_error_proxy", Message: "Extra inputs are not permitted",
	},
	{
		Name: "429 rate limited", Status: 429, Gateway: true, Header: http.Header{"Retry-After": {"7"}},
		Body: `{"object":"error","message":"Rate limit exceeded","type":"rate_limited","param":null,"code":"1300","raw_status_code":429}`,
		Code: "1300", Type: "rate_limited", Message: "Rate limit exceeded",
	},
	{
		Name: "429 capacity exceeded", Status: 429, Gateway: true,
		Body: `{"object":"error","message":"Service tier capacity exceeded for this model.","type":"service_tier_capacity_exceeded","param":null,"code":"3505","raw_status_code":429}`,
		Code: "3505", Type: "service_tier_capacity_exceeded", Message: "Service tier capacity exceeded",
	},
	{
		Name: "429 from Kong", Status: 429, Gateway: true, Header: http.Header{"Retry-After": {"Sat, 21 Nov 2026 18:00:00 GMT"}},
		Body:    `{"message":"Requests rate limit exceeded"}`,
		Message: "Requests rate limit exceeded",
	},
	{
		Name: "500 internal", Status: 500, Gateway: true,
		Body: `{"object":"error","message":"Service unavailable.","type":"internal_server_error","param":null,"code":"1000"}`,
		Code: "1000", Type: "internal_server_error", Message: "Service unavailable.",
	},
	{
		Name: "502 empty", Status: 502, Header: noContentType,
	},
	{
		Name: "502 HTML from Cloudflare", Status: 502, Header: http.Header{"Content-Type": {"text/html; charset=UTF-8"}, "Server": {"cloudflare"}},
		Body: "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n" +
			"<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n",
	},
	{
		Name: "503 capacity exceeded", Status: 503, Gateway: true,
		Body: `{"object":"error","message":"Service tier capacity exceeded for this model.","type":"service_tier_capacity_exceeded","param":null,"code":"3505","raw_status_code":503}`,
		Code: "3505", Type: "service_tier_capacity_exceeded", Message: "Service tier capacity exceeded",
	},
	{
		Name: "503 text from Envoy", Status: 503, Header: http.Header{"Content-Type": {"text/plain"}, "Server": {"envoy"}},
		Body: "upstream connect error or disconnect/reset before headers. reset reason: connection termination",
	},
	{
		Name: "504 broken JSON", Status: 504, Header: http.Header{"Content-Type": {"application/json"}},
		Body: `{"message":"upstream timed o`,
	},
}
