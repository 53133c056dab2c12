// SPDX-License-Identifier: Apache-2.0

package testserver_test

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"

	"github.com/otelmistral/otelmistral/internal/testserver"
)

// A stream that breaks: the client gets one event and then finds the connection
// closed, and the server tells how it ended.
func ExampleMistral_Enqueue() {
	mistral := testserver.NewMistral()
	defer mistral.Close()
	mistral.Enqueue(testserver.Stream(
		testserver.Event(`{"choices":[{"index":0,"delta":{"content":"Hel"}}]}`),
		testserver.Cut(),
	))

	resp, err := http.Post(mistral.URL+"/v1/chat/completions", "application/json", strings.NewReader(`{"stream":true}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		fmt.Println(lines.Text())
	}
	fmt.Println(lines.Err())
	fmt.Println(mistral.Requests()[0].End)
	// Output:
	// data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}
	//
	// unexpected EOF
	// cut by server
}
