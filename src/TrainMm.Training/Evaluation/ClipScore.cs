using TorchSharp;
using TrainMm.Data.Batching;
using TrainMm.Data.Text.Instructions;
using TrainMm.Data.Text.Tokenizers;
using TrainMm.Models;
using TrainMm.Models.Encoders.Clip;
using TrainMm.Models.LanguageModels.Generation;
using TrainMm.Models.Layers;
using TrainMm.Training.Loop;
using TrainMm.Training.Objectives;
using TrainMm.Training.Objectives.ConditionAlignment;
using TrainMm.Training.Objectives.Signals;

namespace TrainMm.Training.Evaluation;

/// <summary>
/// How well made pictures fit their captions (CLIP-score, arXiv:2104.08718, section 3: 2.5 · max(cos, 0), by a frozen CLIP), against the same pictures with the split's other captions.
/// A picture is made of the states at the signal tokens of the row's own answer; whether the model itself answers a prompt with them is counted beside it.
/// </summary>
internal sealed class ClipScore : IDisposable
{
    private const string Modality = "image";
    private const string Root = "evaluation.clip_score";
    private const double Weight = 2.5;

    private readonly ClipScoreOptions options;
    private readonly MultimodalModel model;
    private readonly DataAssembly data;
    private readonly int batchSize;
    private readonly ClipImageTower vision;
    private readonly ClipTextTower text;
    private readonly SignalLayout captions;
    private readonly ConditionAlignmentObjective conditions;

    /// <summary>Reads the CLIP.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The model makes no pictures, or the CLIP does not fit.</exception>
    public ClipScore(RunOptions run, MultimodalModel model, DataAssembly data)
    {
        options = run.Evaluation.ClipScore!;
        (this.model, this.data, batchSize) = (model, data, run.Evaluation.BatchSize);
        if (!model.Outputs.ContainsKey(Modality)) throw Core.Config.OptionSource.Error(run.Evaluation, nameof(run.Evaluation.ClipScore), "scores pictures that answers make, and the model makes none", "name how under model.generation.image");
        vision = new ClipImageTower(options, nameof(options.Vision), options.Vision, ScopeOf("vision"));
        text = new ClipTextTower(options, nameof(options.Text), options.Text, ScopeOf("text"));
        if (vision.OutputWidth != text.OutputWidth) throw Core.Config.OptionSource.Error(options, nameof(options.Text), $"compares in {text.OutputWidth} dimensions, the half that sees in {vision.OutputWidth}", "name two halves of one CLIP");
        var tokenizer = TokenizerFile.Load(options.Tokenizer ?? options.Text);
        captions = new SignalLayout([new MediumInstructions(tokenizer, text.MaxTokens, tokenizer.Special.Padding ?? tokenizer.Special.EndOfText ?? 0)], Target: null);
        conditions = new ConditionAlignmentObjective(new ConditionAlignmentOptions(), new ObjectiveContext(model, ScopeOf("objective"), Seed: 0, LogitsChunk: 1));
    }

    /// <summary>Makes and scores the pictures of some samples.</summary>
    /// <param name="set">The samples.</param>
    /// <param name="indices">Those of the split.</param>
    /// <param name="progress">Told how many of how many are made, or null.</param>
    /// <returns>Null where the rows ask for no pictures, or all for the same.</returns>
    public ClipScoreResult? Measure(OpenDataSet set, IReadOnlyList<int> indices, Action<int, int>? progress = null)
    {
        using var guard = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var chosen = Spread.Over([.. indices.Where(index => set.Source.Read(index).Made.Count(signal => signal.Modality == Modality) == 1)], options.Samples);
        string[] asked = [.. chosen.Select(index => set.Source.Read(index).Made.First(signal => signal.Modality == Modality).Caption)];
        if (asked.Distinct(StringComparer.Ordinal).Count() < 2) return null;
        var (made, answered) = (new List<torch.Tensor>(), 0);
        foreach (var part in chosen.Chunk(batchSize))
        {
            using var step = torch.NewDisposeScope();
            answered += Answered(set, part);
            made.Add(vision.Forward(PicturesOf(set, part)).MoveToOuterDisposeScope());                       // [G, E]
            progress?.Invoke(made.Sum(each => (int)each.shape[0]), chosen.Count);
        }

        var scores = torch.cat([.. made], 0).matmul(Texts(asked).t()).clamp_min(0).mul(Weight);             // [N pictures, N captions]
        return ClipScoreResult.Of(scores.cpu().data<float>().ToArray(), asked, answered / (double)chosen.Count);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        vision.Dispose();
        text.Dispose();
    }

    private ModuleScope ScopeOf(string part) => new($"{Root}.{part}", model.Dtype, model.Device);

    /// <summary>How many of the prompts the model answers with a whole row of the modality's signal tokens.</summary>
    private int Answered(OpenDataSet set, int[] samples)
    {
        var tokens = data.Tokenizer.SignalIds[Modality];
        using var prompts = set.Batches.LoadPrompts(samples);
        var answers = new AnswerGenerator(model, data.Tokenizer, set.Template).Generate(prompts, new GenerationOptions { MaxNewTokens = tokens.Length + options.WordsBefore });
        return answers.Count(answer => Enumerable.Range(0, answer.Ids.Length).Any(start => answer.Ids.Skip(start).Take(tokens.Length).SequenceEqual(tokens)));
    }

    /// <summary>[G, 3, H, W] in [0, 1].</summary>
    private torch.Tensor PicturesOf(OpenDataSet set, int[] samples)
    {
        using var batch = set.Batches.LoadSamples(samples);
        var made = SignalConditions.Of(new ForwardPass(model, batch.To(model.Device), [conditions], [.. samples.Select(sample => (long)sample)]), conditions)[Modality];
        var (path, sampling) = (made.Path, made.Path.Sampling);
        var ids = torch.tensor(data.Tokenizer.SignalIds[Modality].Select(id => (long)id).ToArray(), device: model.Device).unsqueeze(0);             // [1, S]
        var negative = path.Negative(model.LanguageModel.Embed(ids), torch.tensor(data.EmptyCaptionOf(Modality), device: model.Device).unsqueeze(0)); // [1, C, Dg]
        var pictures = path.Generator.Sample(new(made.Predicted, [.. samples.Select(sample => sampling.Seed!.Value + sample)], sampling.Steps!.Value, sampling.GuidanceScale!.Value, negative));
        return pictures.to(model.Device).to_type(torch.float32).div(255);
    }

    /// <summary>[N, E].</summary>
    private torch.Tensor Texts(string[] asked) =>
        text.Forward(torch.tensor(asked.SelectMany(captions.IdsOf).ToArray(), [asked.Length, captions.Tokens]).to(model.Device));
}
