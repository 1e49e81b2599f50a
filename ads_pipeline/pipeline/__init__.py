"""The verbs: plain functions over a warehouse and a landing store, free of any framework."""
