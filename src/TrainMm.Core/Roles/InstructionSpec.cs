namespace TrainMm.Core.Roles;

/// <summary>What a projector that reads the instruction wants to be given: ids of its own tokenizer, not of the language model's.</summary>
/// <param name="Tokenizer">A tokenizer's file, or a folder that holds one; null where the projector's options name none.</param>
/// <param name="MaxTokens">The tokens that an instruction may have, the special ones included; the end of a longer one is cut off.</param>
/// <param name="VocabularySize">The ids that the projector has vectors for.</param>
/// <param name="PaddingId">Stands behind shorter instructions.</param>
public sealed record InstructionSpec(string? Tokenizer, int MaxTokens, int VocabularySize, int PaddingId);
