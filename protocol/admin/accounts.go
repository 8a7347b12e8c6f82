package admin

import (
	"context"
	"time"

	"ossd/access"
	"ossd/protocol/rpc"
)

type account struct {
	AccountID   string `param:"AccountId"`
	AccountName string
	CreateDate  time.Time
}

type createAccountRequest struct {
	AccountID   string `param:"AccountId"` // 16 digits; absent: chosen at random
	AccountName string
}

type createAccountResponse struct {
	Account   account
	AccessKey struct {
		AccessKeyID     string `param:"AccessKeyId"`
		AccessKeySecret string // shown here alone
	}
}

// createAccount makes an account with a first key, which owns nothing yet.
func createAccount(operator func() string) rpc.Action {
	return rpc.Define(rpc.Spec[createAccountRequest, createAccountResponse]{
		Product:   product,
		Name:      "CreateAccount",
		Resources: func(c *rpc.Call, _ *createAccountRequest) []string { return everything(c) },
		Do: func(ctx context.Context, c *rpc.Call, in *createAccountRequest) (*createAccountResponse, error) {
			if c.Account() != operator() {
				return nil, forOperator()
			}
			made, key, err := c.Directory.CreateAccount(ctx, access.Account{ID: in.AccountID, Name: in.AccountName}, nil)
			if err != nil {
				return nil, err
			}
			out := &createAccountResponse{Account: spellAccount(made)}
			out.AccessKey.AccessKeyID, out.AccessKey.AccessKeySecret = key.ID, key.Secret
			return out, nil
		},
	})
}

type listAccountsRequest struct{}

type listAccountsResponse struct {
	Accounts []account
}

func listAccounts(operator func() string) rpc.Action {
	return rpc.Define(rpc.Spec[listAccountsRequest, listAccountsResponse]{
		Product:   product,
		Name:      "ListAccounts",
		Resources: func(c *rpc.Call, _ *listAccountsRequest) []string { return everything(c) },
		Do: func(ctx context.Context, c *rpc.Call, _ *listAccountsRequest) (*listAccountsResponse, error) {
			if c.Account() != operator() {
				return nil, forOperator()
			}
			all, err := c.Directory.Accounts(ctx)
			if err != nil {
				return nil, err
			}
			out := &listAccountsResponse{Accounts: []account{}}
			for _, a := range all {
				out.Accounts = append(out.Accounts, spellAccount(a))
			}
			return out, nil
		},
	})
}

func spellAccount(a access.Account) account {
	return account{AccountID: a.ID, AccountName: a.Name, CreateDate: a.CreateDate}
}
