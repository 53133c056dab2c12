// SPDX-License-Identifier: Apache-2.0

package main

import "encoding/json"

// payments is the application's own data.
var payments = map[string]struct{ status, date string }{
	"T1001": {"Paid", "2021-10-05"},
	"T1002": {"Unpaid", "2021-10-06"},
	"T1003": {"Paid", "2021-10-07"},
	"T1004": {"Paid", "2021-10-05"},
	"T1005": {"Pending", "2021-10-08"},
}

// tools are what the model may call.
var tools = []tool{
	{"function", function{"retrieve_payment_status", "Get payment status of a transaction", transactionID}},
	{"function", function{"retrieve_payment_date", "Get payment date of a transaction", transactionID}},
}

var transactionID = json.RawMessage(`{"type":"object",` +
	`"properties":{"transaction_id":{"type":"string","description":"The transaction id."}},` +
	`"required":["transaction_id"]}`)

// retrieve is the function with that name. What is wrong with a call is told to
// the model, which may do better next time.
func retrieve(name string, arguments json.RawMessage) map[string]string {
	var asked struct {
		TransactionID string `json:"transaction_id"`
	}
	if err := json.Unmarshal(arguments, &asked); err != nil {
		return map[string]string{"error": "the arguments are not as the schema says"}
	}
	payment, found := payments[asked.TransactionID]
	switch {
	case !found:
		return map[string]string{"error": "transaction id not found"}
	case name == "retrieve_payment_status":
		return map[string]string{"status": payment.status}
	case name == "retrieve_payment_date":
		return map[string]string{"date": payment.date}
	default:
		return map[string]string{"error": "there is no function " + name}
	}
}
