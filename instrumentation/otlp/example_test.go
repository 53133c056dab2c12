// SPDX-License-Identifier: Apache-2.0

package otlp_test

import (
	"fmt"

	"github.com/otelmistral/otelmistral/instrumentation/otlp"
)

func ExampleNew() {
	d, err := otlp.New(otlp.Config{
		Endpoint: "https://collector.example.com:4318/v1/traces",
		Headers:  map[string]string{"authorization": "Bearer ..."},
		Content:  true, // prompts and replies, too
	})
	fmt.Println(d, err)
	// Output: otlp (https://collector.example.com:4318/v1/traces) <nil>
}
