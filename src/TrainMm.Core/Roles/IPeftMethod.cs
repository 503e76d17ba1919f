using TorchSharp.Modules;
using TrainMm.Core.Weights;

namespace TrainMm.Core.Roles;

/// <summary>
/// A parameter-efficient tuning method. It is handed to the language model while that is built, as the factory of its linear layers; nothing is exchanged afterwards.
/// </summary>
public interface IPeftMethod : IDisposable
{
    /// <summary>What it has added, by its path in the language model: <c>model.layers.0.self_attn.q_proj.lora_A.weight</c>.</summary>
    IReadOnlyDictionary<string, Parameter> Parameters { get; }

    /// <summary>Whether it acts at media positions alone, and so needs to be told them.</summary>
    bool NeedsMediaMask { get; }

    /// <summary>Whether training draws random numbers in it (dropout), from the generator that all threads share.</summary>
    bool DrawsRandomNumbers => false;

    /// <summary>Whether PEFT has the method, so that it reads what <see cref="Save"/> writes.</summary>
    bool IsPartOfPeft { get; }

    /// <summary>Whether the method can become part of the frozen weights.</summary>
    bool CanMerge { get; }

    /// <summary>The layer to use in the place of a linear layer: an adapted one, or the same.</summary>
    /// <param name="path">The layer's path in the language model: <c>model.layers.0.self_attn.q_proj</c>.</param>
    /// <param name="layer">The layer as the language model made it.</param>
    LinearLayer Adapt(string path, LinearLayer layer);

    /// <summary>Whether a module's own parameters are trained and saved whole beside the adapter (PEFT's <c>modules_to_save</c>).</summary>
    /// <param name="path">The module's path in the language model.</param>
    bool SavesWhole(string path);

    /// <summary>Takes note of a parameter of such a module.</summary>
    void AddWhole(string path, Parameter parameter);

    /// <summary>Called when the language model is built and has its weights: every target must have been met. What is no part of a linear layer is registered in the model now.</summary>
    /// <returns>The model to use from here on: the same, or one around it.</returns>
    ILanguageModel Complete(ILanguageModel model);

    /// <summary>Writes <c>adapter_config.json</c> and <c>adapter_model.safetensors</c>, as PEFT does where it has the method.</summary>
    void Save(string folder);

    /// <summary>Reads the parameters that <see cref="Save"/> or PEFT wrote.</summary>
    void Load(WeightSource source);

    /// <summary>Adds the deltas to the frozen weights, so that the model runs at its own speed.</summary>
    /// <exception cref="InvalidOperationException">The method cannot become part of the weights (<see cref="CanMerge"/>), or is merged already.</exception>
    void Merge();

    /// <summary>Takes the deltas out again.</summary>
    /// <exception cref="InvalidOperationException">Nothing was merged.</exception>
    void Unmerge();
}
