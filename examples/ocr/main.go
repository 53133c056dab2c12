// SPDX-License-Identifier: Apache-2.0

// Command ocr reads an invoice.
//
//	go run ./examples/ocr
//
// What you would copy is ocr.go. Package examples/internal/example says what the
// environment changes.
package main

import (
	"context"
	_ "embed"

	"github.com/otelmistral/otelmistral/examples/internal/example"
)

func main() { program.Main() }

//go:embed invoice.pdf
var invoice []byte

var program = example.Program{
	Name:    "ocr",
	API:     example.API{Model: "mistral-ocr-latest"},
	Answers: map[string]string{"invoice.pdf": "Invoice 17\n\nTwo painters' easels: 80 EUR"},
	Do: func(ctx context.Context, call example.Call) error {
		r := reader{client: call.Client, baseURL: call.URL, key: call.Key, model: call.Model}
		text, err := r.read(ctx, "invoice.pdf", invoice)
		call.Printf("%s", text)
		return err
	},
}
