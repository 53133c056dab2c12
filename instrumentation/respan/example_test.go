// SPDX-License-Identifier: Apache-2.0

package respan_test

import (
	"fmt"

	"github.com/otelmistral/otelmistral/instrumentation/respan"
)

func ExampleNew() {
	d, err := respan.New(respan.Config{
		APIKey:  "...",
		BaseURL: "https://respan.example.eu/api", // a server of one's own
	})
	fmt.Println(d, err)
	// Output: respan (https://respan.example.eu/api/v2/traces) <nil>
}

// Two projects of one process get the same spans, the second one without what
// was said.
func ExampleNew_twoProjects() {
	full, err := respan.New(respan.Config{APIKey: "..."})
	fmt.Println(full.Name, full.Content, err)
	lean, err := respan.New(respan.Config{
		Name: "audit", APIKey: "...", TracesURL: "https://proxy.example.com/audit", NoContent: true,
	})
	fmt.Println(lean.Name, lean.Content, err)
	// Output:
	// respan true <nil>
	// audit false <nil>
}
