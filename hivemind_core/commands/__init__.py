"""The commands of `hivemind`, by what they do; `cli` names them."""
