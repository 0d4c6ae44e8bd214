"""The one gate: propose, confirm, approve, execute, reconcile. The only caller of the Store's writes."""
