namespace TrainMm.Models.Layers.Quantised;

/// <summary>In what form frozen weights are kept.</summary>
public enum WeightQuantization
{
    /// <summary>4 bits a number: blocks of 64 with a common scale, the 16 values of a normal distribution's quantiles (QLoRA, arXiv:2305.14314, section 3).</summary>
    Nf4,

    /// <summary>8 bits a number: rows with a common scale (LLM.int8(), arXiv:2208.07339, section 2).</summary>
    Int8,
}
