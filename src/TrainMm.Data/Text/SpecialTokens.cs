namespace TrainMm.Data.Text;

/// <summary>The ids of the tokens with a role, and whether the tokenizer's own configuration puts them round a text.</summary>
/// <param name="BeginOfText">The BOS id, or null.</param>
/// <param name="EndOfText">The EOS id, or null.</param>
/// <param name="Padding">The PAD id, or null.</param>
/// <param name="Unknown">The id for what the vocabulary lacks, or null.</param>
/// <param name="AddBeginOfText"><c>add_bos_token</c> of <c>tokenizer_config.json</c>; null where it says nothing.</param>
/// <param name="AddEndOfText"><c>add_eos_token</c> of <c>tokenizer_config.json</c>; null where it says nothing.</param>
public sealed record SpecialTokens(int? BeginOfText, int? EndOfText, int? Padding, int? Unknown, bool? AddBeginOfText, bool? AddEndOfText);
