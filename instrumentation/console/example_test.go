// SPDX-License-Identifier: Apache-2.0

package console_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/otelmistral/otelmistral/instrumentation"
	"github.com/otelmistral/otelmistral/instrumentation/console"
)

// Print each trace to standard error while developing.
func ExampleNew() {
	d, err := console.New(console.Config{Writer: os.Stderr})
	if err != nil {
		log.Fatal(err)
	}
	inst, err := instrumentation.Start(context.Background(),
		instrumentation.WithDestination(d), instrumentation.WithoutGlobalProvider())
	if err != nil {
		log.Fatal(err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := inst.Shutdown(ctx); err != nil {
			log.Print(err)
		}
	}()

	client := inst.Client() // use it for all calls to Mistral
	fmt.Println(client != nil)
	// Output: true
}

// FromEnv never fails.
func ExampleFromEnv() {
	d, err := console.FromEnv()
	fmt.Println(d, err)
	// Output: console <nil>
}
