namespace TrainMm.Models.Fusion.Splice;

/// <summary>Soft tokens take the places that the tokenizer has kept free for them.</summary>
public sealed class SpliceOptions;
