"""Tiny models with random weights, saved as folders: the real code runs on them in no time."""

from pathlib import Path
from typing import Any

TEMPLATE = (
    "{% for message in messages %}<{{ message['role'] }}> {{ message['content'] }}\n{% endfor %}"
)
WORDS = ("Name", "a", "fruit", "Say", "something", "An", "apple", "pear", "quince", "No", "idea")
SPECIAL = ("<pad>", "<unk>", "<s>", "<user>", "<assistant>")
POSITIONS = 64


def make_tokenizer(template: str | None = TEMPLATE, padding: str | None = "<pad>") -> Any:
    """Return a tokenizer of words, which reads what it does not know as <unk>."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    vocabulary = {word: place for place, word in enumerate((*SPECIAL, *WORDS))}
    backend = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))  # noqa: S106
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    backend.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", vocabulary["<s>"])]
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend,
        unk_token="<unk>",  # noqa: S106
        bos_token="<s>",  # noqa: S106
        pad_token=padding,
    )
    tokenizer.chat_template = template
    return tokenizer


def make_config(**more: object) -> Any:
    from transformers import LlamaConfig

    options: dict[str, Any] = {
        "vocab_size": len(SPECIAL) + len(WORDS),
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "max_position_embeddings": POSITIONS,
        "pad_token_id": 0,
        "bos_token_id": 2,
    }
    return LlamaConfig(**options | more)


def save_reward_model(folder: Path, outputs: int = 1, **more: object) -> Path:
    """Save a reward model; `template` and `padding` go to its tokenizer."""
    import torch
    from transformers import LlamaForSequenceClassification

    given = {name: more.pop(name) for name in ("template", "padding") if name in more}
    torch.manual_seed(0)
    model = LlamaForSequenceClassification(make_config(num_labels=outputs, **more))
    with torch.no_grad():  # so that scores differ by more than rounding does
        for parameter in model.parameters():
            parameter.normal_(0, 0.3)
    return save(folder, model, make_tokenizer(**given))


def save_language_model(folder: Path, uniform: bool = False, **more: object) -> Path:
    """Save a language model; a uniform one thinks every token equally likely."""
    import torch
    from transformers import LlamaForCausalLM

    given = {name: more.pop(name) for name in ("template",) if name in more}
    torch.manual_seed(1)
    model = LlamaForCausalLM(make_config(**more))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.3)
        if uniform:
            model.lm_head.weight.zero_()
    return save(folder, model, make_tokenizer(**given))


def save(folder: Path, model: Any, tokenizer: Any) -> Path:
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
