// SPDX-License-Identifier: Apache-2.0

package sse

import "strings"

// got is an event with its own memory, for comparison.
type got struct {
	Name     string
	Data     string
	Oversize bool
}

// specDecode is the specification's algorithm over the whole input, written for plainness and sharing nothing with
// the decoder. An unterminated last event is discarded.
func specDecode(input string, limit int) []got {
	var events []got
	input = strings.TrimPrefix(input, "\uFEFF")
	input = strings.ReplaceAll(input, "\r\n", "\n")
	input = strings.ReplaceAll(input, "\r", "\n")
	lines := strings.Split(input, "\n")

	dataBuffer, eventType := "", ""
	for _, line := range lines[:len(lines)-1] { // the last one has no line end
		if line == "" {
			if dataBuffer != "" {
				data := strings.TrimSuffix(dataBuffer, "\n")
				e := got{Name: eventType, Data: data}
				if len(e.Name) > 256 {
					e.Name = e.Name[:256]
				}
				if len(data) > limit {
					e.Data, e.Oversize = data[:limit], true
				}
				events = append(events, e)
			}
			dataBuffer, eventType = "", ""
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch name {
		case "data":
			dataBuffer += value + "\n"
		case "event":
			eventType = value
		}
	}
	return events
}

// specDecodeAll is specDecode for a stream that ends here and is flushed.
func specDecodeAll(input string, limit int) []got {
	return specDecode(input+"\n\n", limit)
}
