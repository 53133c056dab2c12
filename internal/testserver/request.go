// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strings"
)

// parse decodes the body of r into req, a pointer. Where it is not JSON, lacks a
// required member or has one of another type, refuse says so.
func parse(r *Request, req any, refuse rejection, required ...string) (refused Reply, ok bool) {
	if !json.Valid(r.Body) {
		err := json.Unmarshal(r.Body, new(any))
		return refuse(nil, validation{Type: "json_invalid", Loc: []any{"body", 0}, Msg: "JSON decode error: " + err.Error()}), false
	}
	var wrong []validation
	var odd *json.UnmarshalTypeError
	if err := json.Unmarshal(r.Body, req); errors.As(err, &odd) {
		wrong = append(wrong, mistyped(odd))
	}
	var members map[string]any
	_ = json.Unmarshal(r.Body, &members) // what is no object was noted above
	for _, name := range required {
		if members != nil && members[name] == nil {
			wrong = append(wrong, missing(name))
		}
	}
	if len(wrong) > 0 {
		return refuse(r.Body, wrong...), false
	}
	return Reply{}, true
}

// validation is one entry of a 422: what is wrong, where, and the input again.
type validation struct {
	Type  string          `json:"type"`
	Loc   []any           `json:"loc"`
	Msg   string          `json:"msg"`
	Input json.RawMessage `json:"input,omitempty"`
}

func missing(member string) validation {
	return validation{Type: "missing", Loc: []any{"body", member}, Msg: "Field required"}
}

// mistyped words what encoding/json found as Mistral's validator would.
func mistyped(odd *json.UnmarshalTypeError) validation {
	loc := []any{"body"}
	if odd.Field != "" {
		for name := range strings.SplitSeq(odd.Field, ".") {
			loc = append(loc, name)
		}
	}
	switch odd.Type.Kind() {
	case reflect.Bool:
		return validation{Type: "bool_type", Loc: loc, Msg: "Input should be a valid boolean"}
	case reflect.Int:
		return validation{Type: "int_type", Loc: loc, Msg: "Input should be a valid integer"}
	case reflect.Slice:
		return validation{Type: "list_type", Loc: loc, Msg: "Input should be a valid list"}
	case reflect.String:
		return validation{Type: "string_type", Loc: loc, Msg: "Input should be a valid string"}
	default:
		return validation{Type: "dict_type", Loc: loc, Msg: "Input should be a valid dictionary"}
	}
}

// rejection is a 422 in the shape of one of Mistral's services. It repeats the
// input in each entry, as the real ones do.
type rejection func(input []byte, wrong ...validation) Reply

// invalid is the 422 of the model servers.
func invalid(input []byte, wrong ...validation) Reply {
	return wireError{Message: map[string]any{"detail": repeating(input, wrong)}, Type: "invalid_request_error"}.
		reply(http.StatusUnprocessableEntity)
}

// invalidForAgents is the 422 of agents and conversations.
func invalidForAgents(input []byte, wrong ...validation) Reply {
	wrong = repeating(input, wrong)
	return JSON(http.StatusUnprocessableEntity, encode(struct {
		Object  string       `json:"object"`
		Detail  []validation `json:"detail"`
		Message []validation `json:"message"`
		Type    string       `json:"type"`
		Code    int          `json:"code"`
	}{"Error", wrong, wrong, "invalid_request_error", 3001})).Chunked()
}

// invalidDetail is the 422 that the published schema has for all.
func invalidDetail(input []byte, wrong ...validation) Reply {
	return JSON(http.StatusUnprocessableEntity, encode(map[string]any{"detail": repeating(input, wrong)})).Chunked()
}

func repeating(input []byte, wrong []validation) []validation {
	for i := range wrong {
		wrong[i].Input = input
	}
	return wrong
}

// wireError is an error of Mistral's model servers.
type wireError struct {
	Object    string `json:"object"`
	Message   any    `json:"message"`
	Type      string `json:"type"`
	Param     any    `json:"param"`
	Code      any    `json:"code"`
	RawStatus int    `json:"raw_status_code,omitempty"`
}

func (e wireError) reply(status int) Reply {
	e.Object = "error"
	return JSON(status, encode(e)).Chunked()
}
