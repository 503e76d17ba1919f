using TorchSharp;
using TrainMm.Core;
using TrainMm.Core.Roles;
using TrainMm.Models;
using TrainMm.Models.LanguageModels;
using TrainMm.Training.Evaluation;
using TrainMm.Training.Loop;

namespace TrainMm.Training.Objectives;

/// <summary>
/// A batch on its way through the model, as several objectives see it: what more than one of them needs is computed once. Encoders run once,
/// and the language model decodes the batch once, for the positions that all of them want together.
/// </summary>
public sealed class ForwardPass
{
    private readonly IReadOnlyList<IObjective> objectives;
    private readonly IReadOnlyList<long> seeds;
    private readonly Dictionary<string, torch.Tensor> features = new(StringComparer.Ordinal);
    private readonly Dictionary<object, object> shared = [];
    private readonly Dictionary<IObjective, LayerStates> layers = [];
    private Dictionary<IObjective, torch.Tensor>? hidden;
    private RouterOutput? routers;

    /// <summary>Begins with nothing computed.</summary>
    /// <param name="model">The model.</param>
    /// <param name="batch">On the model's device.</param>
    /// <param name="objectives">The objectives that have targets in the batch.</param>
    /// <param name="seeds">For each sample a seed of its own in this step of the run.</param>
    public ForwardPass(MultimodalModel model, Batch batch, IReadOnlyList<IObjective> objectives, IReadOnlyList<long> seeds)
    {
        (Model, Batch, this.objectives, this.seeds) = (model, batch, objectives, seeds);
    }

    /// <summary>The model.</summary>
    public MultimodalModel Model { get; }

    /// <summary>The samples, on the model's device.</summary>
    public Batch Batch { get; }

    /// <summary>The positions whose next token is supervised.</summary>
    public SupervisedPositions Supervised => field ??= SupervisedPositions.Of(Batch);

    /// <summary>What a modality's encoder makes of the batch's media, [I, N, De]; without a graph where the encoder is frozen.</summary>
    /// <param name="modality">One that the batch has media of.</param>
    public torch.Tensor FeaturesOf(string modality)
    {
        if (features.TryGetValue(modality, out var known)) return known;
        var media = Batch.Media[modality];
        return features[modality] = media.Features ?? Model.Modalities[modality].Encode(media.Values);
    }

    /// <summary>What a modality's projector makes of the batch's media, [I, Q, D], as the language model is given it.</summary>
    /// <param name="modality">One that the batch has media of.</param>
    public torch.Tensor SoftTokensOf(string modality) => Shared(("soft tokens", modality), () => Model.Modalities[modality].Project(Batch.Media[modality].With(FeaturesOf(modality))));

    /// <summary>The language model's hidden states after the final norm, [S, D], at the positions that an objective wants.</summary>
    /// <param name="objective">One that has said which (<see cref="IObjective.WantedPositions"/>).</param>
    public torch.Tensor HiddenFor(IObjective objective) => (hidden ??= Decode())[objective];

    /// <summary>A layer's output, [S, D], at the positions that an objective wants.</summary>
    /// <param name="objective">One that has said which positions and layers (<see cref="IObjective.WantedLayers"/>).</param>
    /// <param name="layer">The layer, from 0, the embeddings.</param>
    public torch.Tensor HiddenFor(IObjective objective, int layer)
    {
        hidden ??= Decode();
        return layers[objective][layer];
    }

    /// <summary>What the routers of a mixture of experts said, for objectives that have announced that they ask (<see cref="IObjective.NeedsRouters"/>).</summary>
    public RouterOutput Routers
    {
        get
        {
            hidden ??= Decode();
            return routers ?? throw new InvalidOperationException("Nobody has announced to ask for the routers, or the language model has none.");
        }
    }

    /// <summary>What several objectives make of the batch in the same way: made once, by the first that asks.</summary>
    /// <param name="key">What it is made for; equal keys get the same.</param>
    /// <param name="make">Makes it.</param>
    public T Shared<T>(object key, Func<T> make)
        where T : notnull
    {
        if (!shared.TryGetValue((typeof(T), key), out var made)) shared[(typeof(T), key)] = made = make();
        return (T)made;
    }

    /// <summary>Another objective that has targets in the batch; null where there is none of that kind.</summary>
    public T? Other<T>()
        where T : class, IObjective => objectives.OfType<T>().FirstOrDefault();

    /// <summary>A seed for what is drawn for a sample: a function of the run's seed, the step, the sample's place in the step's batch and what it is for, so that neither the micro-batch nor a resume changes it.</summary>
    /// <param name="sample">The sample's row.</param>
    /// <param name="purpose">What is drawn, so that no two draws are the same; begin it with the objective's kind.</param>
    public long SeedFor(int sample, string purpose) => RandomKey.Of(seeds[sample], (long)(StableHash.Of(purpose) >> 1), 0);

    private Dictionary<IObjective, torch.Tensor> Decode()
    {
        var wanted = objectives.Select(objective => (Objective: objective, Rows: objective.WantedPositions(this))).Where(pair => pair.Rows is not null).ToArray();
        var rows = wanted.Length switch
        {
            0 => null,
            1 => wanted[0].Rows,
            _ => torch.cat([.. wanted.Select(pair => pair.Rows!)], 0),
        };
        Action<RouterOutput>? listener = objectives.Any(objective => objective.NeedsRouters) ? said => routers = said : null;
        foreach (var (objective, share) in wanted.Where(pair => pair.Objective.WantedLayers.Count > 0)) layers.Add(objective, new LayerStates(objective.WantedLayers, share!));
        var states = Model.Hidden(Batch, rows, listener, objectives.Count == 1 ? null : SoftTokensOf, layers.Count == 0 ? null : Observe); // [S, D]
        if (wanted.Length == 1) return new() { [wanted[0].Objective] = states };
        var shares = new Dictionary<IObjective, torch.Tensor>();
        var start = 0L;
        foreach (var (objective, share) in wanted)
        {
            shares.Add(objective, states.narrow(0, start, share!.shape[0]));
            start += share.shape[0];
        }

        return shares;

        void Observe(int layer, torch.Tensor outputs)
        {
            foreach (var each in layers.Values) each.Observe(layer, outputs);
        }
    }
}
