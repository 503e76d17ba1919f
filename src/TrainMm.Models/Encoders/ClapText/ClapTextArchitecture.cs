using TrainMm.Core.Config;
using TrainMm.Core.Weights;
using TrainMm.Models.InputProjectors.QFormer;
using TrainMm.Models.Layers;

namespace TrainMm.Models.Encoders.ClapText;

/// <summary>The sizes of CLAP's text tower, named and defaulted as in Hugging Face's <c>ClapTextConfig</c>.</summary>
public sealed record ClapTextArchitecture : BertArchitecture
{
    /// <summary>The defaults where they are RoBERTa's and not BERT's.</summary>
    public ClapTextArchitecture()
    {
        VocabSize = 50265;
        MaxPositionEmbeddings = 514;
        PadTokenId = 1;
    }

    /// <summary>The feed-forward layers' activation.</summary>
    public string HiddenAct { get; init; } = "gelu";

    /// <summary>ε of the norms.</summary>
    [Above(0)]
    public double LayerNormEps { get; init; } = 1e-12;

    /// <summary>The width that texts and sounds share.</summary>
    [AtLeast(1)]
    public int ProjectionDim { get; init; } = 512;

    /// <summary>The activation between the projection's two layers.</summary>
    public string ProjectionHiddenAct { get; init; } = "relu";

    /// <summary>The tokens of the longest text: positions count from behind the padding's id on.</summary>
    internal int LongestText => MaxPositionEmbeddings - PadTokenId - 1;

    /// <summary>The RoBERTa.</summary>
    internal QFormerArchitecture Roberta => WithoutQueries with { IsRoberta = true, HiddenAct = HiddenAct, LayerNormEps = LayerNormEps };

    /// <summary>Reads a whole CLAP's <c>config.json</c>.</summary>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint is no CLAP, or a value is of another type.</exception>
    public static ClapTextArchitecture Read(HuggingFaceConfig file)
    {
        var type = file.Text("model_type", "clap");
        if (type != "clap") throw file.Fault("model_type", $"is '{type}', no CLAP");
        var config = file.Section("text_config");
        var positions = config.Text("position_embedding_type", "absolute");
        if (positions != "absolute") throw config.Fault("position_embedding_type", $"is '{positions}'; known here: absolute");
        if (config.Integer("type_vocab_size", 1) is var kinds && kinds != 1) throw config.Fault("type_vocab_size", $"is {kinds}; known here: 1");
        return From<ClapTextArchitecture>(config, read => read with
        {
            ProjectionDim = file.Integer("projection_dim", read.ProjectionDim),
            ProjectionHiddenAct = file.Text("projection_hidden_act", read.ProjectionHiddenAct),
        });
    }

    /// <inheritdoc/>
    private protected override ArchitectureProblems Problems() => base.Problems()
        .Activations(nameof(HiddenAct), HiddenAct)
        .Activations(nameof(ProjectionHiddenAct), ProjectionHiddenAct)
        .Add(LongestText < 1, nameof(MaxPositionEmbeddings), $"is {MaxPositionEmbeddings}, of which positions up to that behind the padding's id, {PadTokenId}, are never used");
}
