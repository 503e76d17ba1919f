using TrainMm.Core.Config;
using TrainMm.Core.Weights;
using TrainMm.Models.Layers;

namespace TrainMm.Models.InputProjectors.QFormer;

/// <summary>The sizes of a Q-Former, named and defaulted as in Hugging Face's <c>Blip2QFormerConfig</c>; the encoder's width is learnt from the encoder.</summary>
public sealed record QFormerArchitecture : BertArchitecture
{
    /// <summary>Q, learned queries: the soft tokens that one medium becomes.</summary>
    [AtLeast(1)]
    public int NumQueryTokens { get; init; } = 32;

    /// <summary>Whether the instruction is read beside the queries, as in InstructBLIP.</summary>
    public bool ReadsInstruction { get; init; }

    /// <summary>The feed-forward layer's activation.</summary>
    public string HiddenAct { get; init; } = "gelu";

    /// <summary>ε of the norms.</summary>
    [Above(0)]
    public double LayerNormEps { get; init; } = 1e-12;

    /// <summary>The queries look at the features in every so many layers, the first included.</summary>
    [AtLeast(1)]
    public int CrossAttentionFrequency { get; init; } = 2;

    /// <summary>Whether texts are read as RoBERTa does (arXiv:1907.11692): padding takes no position, the others count from behind its id on, and one vector is added to every word.</summary>
    internal bool IsRoberta { get; init; }

    /// <summary>The probability of dropout in training, which a run says for itself whatever a published configuration says.</summary>
    internal double Dropout { get; init; }

    /// <summary>Reads a <c>config.json</c>: a whole BLIP-2's or InstructBLIP's (<c>qformer_config</c>), a Q-Former's own, or the BERT configuration that LAVIS extends.</summary>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint has no Q-Former, or a value is of another type.</exception>
    public static QFormerArchitecture Read(HuggingFaceConfig file)
    {
        var whole = file.Text("model_type") is "blip-2" or "instructblip";
        var config = whole ? file.Section("qformer_config") : file;
        var type = config.Text("model_type", file.Text("model_type") == "instructblip" ? "instructblip_qformer" : "blip_2_qformer");
        if (type is not ("blip_2_qformer" or "instructblip_qformer" or "bert")) throw config.Fault("model_type", $"is '{type}', no Q-Former");
        var positions = config.Text("position_embedding_type", "absolute");
        if (positions != "absolute") throw config.Fault("position_embedding_type", $"is '{positions}'; known here: absolute");
        var original = type == "bert";
        return From<QFormerArchitecture>(config, read => read with
        {
            NumQueryTokens = original ? config.Integer("query_length", read.NumQueryTokens) : file.Integer("num_query_tokens", read.NumQueryTokens),
            ReadsInstruction = type != "blip_2_qformer" || config.Flag("use_qformer_text_input", false),
            CrossAttentionFrequency = original ? config.Integer("cross_attention_freq", read.CrossAttentionFrequency) : read.CrossAttentionFrequency,
        });
    }

    /// <summary>Whether the queries of this layer look at the features.</summary>
    internal bool LooksAtFeatures(int layer) => NumQueryTokens > 0 && layer % CrossAttentionFrequency == 0;

    /// <inheritdoc/>
    private protected override ArchitectureProblems Problems() => base.Problems().Activations(nameof(HiddenAct), HiddenAct);
}
