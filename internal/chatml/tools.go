// SPDX-License-Identifier: Apache-2.0

package chatml

import (
	"github.com/otelmistral/otelmistral/internal/jsonscan"
)

// Tools reads the value of gen_ai.tool.definitions and returns the list of
// tools as chat APIs take it: functions nested,
// {"type":"function","function":{"name":"","description":"","parameters":{}}},
// and built-in ones with what they are configured with beside their type,
// {"type":"web_search"}.
func Tools(attr string) ([]byte, error) {
	c, err := array([]byte(validUTF8(attr)))
	if err != nil {
		return nil, err
	}
	dst := []byte{'['}
	for c.Element() {
		if c.Kind() != jsonscan.KindObject {
			c.Skip()
			continue
		}
		if len(dst) > 1 {
			dst = append(dst, ',')
		}
		dst = appendTool(dst, &c)
	}
	if !c.End() {
		return nil, errSyntax
	}
	return append(dst, ']'), nil
}

func appendTool(dst []byte, c *jsonscan.Cursor) []byte {
	raw := c.Raw()
	inner := jsonscan.New(raw)
	var (
		kind, name, description   jsonscan.Text
		parameters, configuration []byte
	)
	inner.Object()
	for inner.Member() {
		switch string(inner.Key()) {
		case "type":
			kind, _ = inner.Text()
		case "name":
			name, _ = inner.Text()
		case "description":
			description, _ = inner.Text()
		case "parameters":
			parameters = inner.Raw()
		case "configuration":
			configuration = inner.Raw()
		case "function":
			return append(dst, raw...) // nested already
		default:
			inner.Skip()
		}
	}
	if !kind.Is("function") {
		dst = append(dst, `{"type":`...)
		dst = jsonscan.AppendQuoted(dst, kind.String())
		return append(appendMembers(dst, configuration), '}')
	}
	dst = append(dst, `{"type":"function","function":{"name":`...)
	dst = jsonscan.AppendQuoted(dst, name.String())
	dst = appendOptional(dst, "description", description.String())
	if isObject(parameters) {
		dst = append(append(dst, `,"parameters":`...), parameters...)
	}
	return append(dst, '}', '}')
}

func appendOptional(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	dst = append(append(append(dst, ',', '"'), name...), '"', ':')
	return jsonscan.AppendQuoted(dst, value)
}

// appendMembers appends the members of an object, each after a comma.
func appendMembers(dst, object []byte) []byte {
	c := jsonscan.New(object)
	if !c.Object() {
		return dst
	}
	for c.Member() {
		dst = append(dst, ',')
		dst = jsonscan.AppendQuoted(dst, c.Key())
		dst = append(dst, ':')
		dst = append(dst, c.Raw()...)
	}
	return dst
}
